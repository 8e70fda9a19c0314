"""What papers print of the size of each corpus, from published.yaml."""

import functools
from importlib import resources
from typing import Literal

import yaml

from affect.configuration import Configuration

Measure = Literal["videos", "pictures", "frames", "subjects", "labelled"]
Task = Literal["valence_arousal", "expression", "action_units", "compound"]


class Count(Configuration):
    """One printed number, and what it is the number of."""

    measure: Measure
    """``labelled``: frames (of each person) or pictures that have a label."""
    value: int
    where: str
    """The paper and the place in it."""
    task: Task | None = None
    """Only what is annotated for it."""
    split: str | None = None
    """Only this one of train, validation and test."""
    label: str | None = None
    """Only with this expression, compound expression or action unit ("AU1")."""
    about: bool = False
    """The papers print it rounded."""

    @property
    def what(self) -> str:
        """For people: "videos, action units, train"."""
        parts = [self.measure, (self.task or "").replace("_", " "), self.label, self.split]
        return ", ".join(filter(None, parts))


class Fact(Configuration):
    """What is printed in words."""

    name: str
    text: str
    where: str


class Published(Configuration):
    """All that is printed of one corpus; of a corpus that no paper describes, nothing."""

    title: str = ""
    counts: tuple[Count, ...] = ()
    facts: tuple[Fact, ...] = ()


def published(corpus: str) -> Published:
    """What the papers print of ``corpus``, by its name in CORPORA."""
    return all_published().get(corpus, Published())


@functools.lru_cache
def all_published() -> dict[str, Published]:
    """What is printed of every corpus that the papers describe."""
    data = yaml.safe_load(resources.files("affect.corpora").joinpath("published.yaml").read_text("utf-8"))
    return {corpus: Published.parse(entry) for corpus, entry in data.items()}
