"""Which clips the sample corpus has: who is in them, what they feel, which label sets know them."""

from dataclasses import dataclass

import numpy as np

from affect.corpora.sample.astronaut import NAME as ASTRONAUT
from affect.corpora.sample.settings import SampleSettings
from affect.corpora.splits import SPLITS
from affect.labels import EXPRESSIONS

SET_NAMES = ("VA_Set", "EXPR_Set", "AU_Set")

EPISODE_SECONDS = 1.33
"""About how long one expression lasts."""


@dataclass(frozen=True)
class PersonPlan:
    """One person of a clip. ``number`` is -1 for the astronaut, else counts the invented people."""

    person: str  # main, left, right
    subject: str
    number: int
    episodes: tuple[str, ...]  # expressions, one after the other


@dataclass(frozen=True)
class ClipPlan:
    """All that decides one clip; equal plans give equal clips."""

    settings: SampleSettings
    video: str
    folder: str  # batch1 or batch2
    split: str
    people: tuple[PersonPlan, ...]
    sets: tuple[str, ...]  # the annotation sets that know this video
    absent: tuple[float, float] | None  # from when to when nobody is to be seen, as shares of the clip
    sound: bool
    seed: tuple[int, int]


def people_by_split(settings: SampleSettings) -> dict[str, list[tuple[str, int]]]:
    """Subject and number of everyone, by split: a quarter for the test, a sixth to validate, nobody twice."""
    test = max(1, round(settings.people / 4))
    validation = max(1, round(settings.people / 6))
    invented = [(f"person{number + 1:02d}", number) for number in range(settings.people - 1)]
    order = np.random.default_rng([settings.seed, 1]).permutation(len(invented))
    shuffled = [invented[i] for i in order]
    return {
        "train": sorted(shuffled[test - 1 + validation :]),
        "validation": sorted(shuffled[test - 1 : test - 1 + validation]),
        "test": [(ASTRONAUT, -1), *sorted(shuffled[: test - 1])],
    }


def plan(settings: SampleSettings) -> list[ClipPlan]:
    """Every clip of the corpus; nothing is drawn or written."""
    groups = people_by_split(settings)
    counts = _clips_by_split(settings, groups)
    rng = np.random.default_rng([settings.seed, 2])
    numbers = rng.permutation(settings.clips) + 1
    clips: list[ClipPlan] = []
    for split in SPLITS:
        deck = _Deck(rng)
        for index in range(counts[split]):
            number = int(numbers[len(clips)])
            clips.append(_plan_clip(settings, (split, index, number), groups[split], deck, rng))
    return sorted(clips, key=lambda clip: clip.video)


def _clips_by_split(settings: SampleSettings, groups: dict[str, list[tuple[str, int]]]) -> dict[str, int]:
    held_out = {
        split: max(1, round(settings.clips * len(groups[split]) / settings.people)) for split in ("validation", "test")
    }
    return {"train": settings.clips - sum(held_out.values()), **held_out}


def _plan_clip(
    settings: SampleSettings,
    place: tuple[str, int, int],
    group: list[tuple[str, int]],
    deck: "_Deck",
    rng: np.random.Generator,
) -> ClipPlan:
    """The clip at ``place``: its split, its index there and the number in its name."""
    split, index, number = place
    pair = index == 1 and split in ("train", "test") and len(group) > 2
    chosen = [group[index % len(group)], *([group[(index + 1) % len(group)]] if pair else [])]
    episodes = max(1, round(settings.seconds / EPISODE_SECONDS))
    people = tuple(
        PersonPlan(person, subject, who, deck.draw(episodes))
        for person, (subject, who) in zip(("left", "right") if pair else ("main",), chosen, strict=True)
    )
    absent = None
    if not pair and index % 6 == 2:
        start = float(rng.uniform(0.15, 0.6))
        absent = (start, start + float(rng.uniform(0.15, 0.25)))
    return ClipPlan(
        settings=settings,
        video=f"video{number:0{len(str(settings.clips))}d}",
        folder=f"batch{1 + number % 2}",
        split=split,
        people=people,
        sets=_sets(split, index),
        absent=absent,
        sound=not (split == "train" and index == 4),
        seed=(settings.seed, number),
    )


def _sets(split: str, index: int) -> tuple[str, ...]:
    """Most videos are in the VA set, about three in four in each of the others; held-out splits miss fewer."""
    every = 4 if split == "train" else 5
    missing = {1: "EXPR_Set", 3: "AU_Set"}.get(index % every)
    if index % 11 == 6:
        missing = "VA_Set"
    return tuple(name for name in SET_NAMES if name != missing)


class _Deck:
    """Deals expressions so that each comes equally often."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._cards: list[str] = []

    def draw(self, count: int) -> tuple[str, ...]:
        while len(self._cards) < count:
            self._cards += [EXPRESSIONS[i] for i in self._rng.permutation(len(EXPRESSIONS))]
        dealt, self._cards = tuple(self._cards[:count]), self._cards[count:]
        return dealt
