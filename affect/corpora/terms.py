"""Under what terms each corpus is given out, from terms.yaml."""

import functools
from importlib import resources

import yaml

from affect.configuration import Configuration


class Terms(Configuration):
    """What is said of a corpus's licence, and by whom."""

    text: str
    where: str


def terms(corpus: str) -> Terms | None:
    """The terms of ``corpus``, by its name in CORPORA; None where they are not known here.

    Its pictures as crops, its compound part and its later form, named with an ending, are of the same corpus.
    """
    known = all_terms()
    return known.get(corpus) or next((of for name, of in known.items() if corpus.startswith(f"{name}-")), None)


@functools.lru_cache
def all_terms() -> dict[str, Terms]:
    """All that are known."""
    data = yaml.safe_load(resources.files("affect.corpora").joinpath("terms.yaml").read_text("utf-8"))
    return {corpus: Terms.parse(entry) for corpus, entry in data.items()}
