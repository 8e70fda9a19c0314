"""Which parts of a recording become clips, and why the others do not (EXT 2018, section II.C.1)."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from affect.curation.people import Look, Person, find_people
from affect.curation.settings import CurationSettings


@dataclass(frozen=True)
class Watched:
    """What one look through a recording found. Frames are counted from the recording's first."""

    times: NDArray[np.float64]
    """Of every frame, and the end of the last one: (frames + 1)."""
    begin: int
    """The first frame that is wanted."""
    cuts: Sequence[int]
    """Frames after ``begin`` that begin another scene, ascending."""
    looks: Sequence[Look]
    size: tuple[int, int] = (0, 0)
    """Width and height of the upright picture."""

    @property
    def end(self) -> int:
        """One beyond the last frame that is wanted."""
        return len(self.times) - 1


@dataclass(frozen=True)
class Part:
    """Frames ``begin`` to ``end`` - 1 of a recording: a clip of one or two ``people``, or dropped for a ``reason``."""

    scene: int
    begin: int
    end: int
    people: dict[str, Person] = field(default_factory=dict)
    """``main``, or ``left`` and ``right``, as Aff-Wild2 calls them."""
    others_s: float = 0.0
    """How long somebody else is seen."""
    reason: str | None = None


NOBODY = "nobody who counts is seen"


def plan(watched: Watched, settings: CurationSettings) -> list[Part]:
    """The parts of a recording in order of their begin. Each of its frames is in at least one; clips may overlap."""
    bounds = [watched.begin, *watched.cuts, watched.end]
    frames = [look.frame for look in watched.looks]
    parts: list[Part] = []
    for scene, (begin, end) in enumerate(itertools.pairwise(bounds)):
        first, last = np.searchsorted(frames, [begin, end]).tolist()
        parts += _plan_scene(watched.times, Part(scene, begin, end), watched.looks[first:last], settings)
    return parts


def _plan_scene(
    times: NDArray[np.float64], scene: Part, looks: Sequence[Look], settings: CurationSettings
) -> list[Part]:
    people = find_people(looks, settings)
    crowded = _crowded(looks, people)
    if crowded > settings.crowd:
        reason = f"a crowd: more than two people for {100 * crowded:.0f} % of the time"
        return [Part(scene.scene, scene.begin, scene.end, reason=reason)]
    parts = []
    for group in _groups(people, settings.together):
        begin, end = min(one.frames[0] for one in group), max(one.frames[-1] for one in group) + 1
        # Between the scene's ends and the nearest look nothing speaks against the person's being there.
        begin = scene.begin if begin == looks[0].frame else begin
        end = scene.end if end == looks[-1].frame + 1 else end
        names = ("left", "right") if len(group) == 2 else ("main",)
        named = dict(zip(names, sorted(group, key=lambda one: one.place), strict=True))
        parts.append(Part(scene.scene, begin, end, named))
    if parts and not settings.trim_faceless:
        parts = _widened(parts, scene)
    parts = [_judged(times, part, people, settings) for part in parts]
    covered = np.zeros(scene.end - scene.begin, bool)
    for part in parts:
        covered[part.begin - scene.begin : part.end - scene.begin] = True
    empty = [Part(scene.scene, begin, end, reason=NOBODY) for begin, end in _runs(~covered, scene.begin)]
    return sorted([*parts, *empty], key=lambda part: (part.begin, part.end))


def _crowded(looks: Sequence[Look], people: list[Person]) -> float:
    """Part of the looks with anybody there at which there are more than two."""
    there = np.array([sum(one.frames[0] <= look.frame <= one.frames[-1] for one in people) for look in looks])
    return float((there > 2).sum() / max(1, (there > 0).sum()))


def _groups(people: list[Person], together: float) -> list[list[Person]]:
    """Pairs who are together, those longest together first, and everybody else alone."""
    shares = {
        (one, other): _together(people[one], people[other])
        for one, other in itertools.combinations(range(len(people)), 2)
    }
    alone = set(range(len(people)))
    groups = []
    for pair in sorted(shares, key=lambda pair: -shares[pair][0]):
        if shares[pair][1] >= together and alone.issuperset(pair):
            alone -= set(pair)
            groups.append([people[index] for index in pair])
    return groups + [[people[index]] for index in sorted(alone)]


def _together(one: Person, other: Person) -> tuple[float, float]:
    """Seconds in which both are there, and their part of the time in which either is."""
    both = min(one.times[-1], other.times[-1]) - max(one.times[0], other.times[0])
    either = max(one.times[-1], other.times[-1]) - min(one.times[0], other.times[0])
    return both, both / either if either > 0 else 1.0


def _widened(parts: list[Part], scene: Part) -> list[Part]:
    """The earliest part begins with the scene, and the latest ends with it."""
    low, high = min(part.begin for part in parts), max(part.end for part in parts)
    return [
        Part(
            part.scene,
            scene.begin if part.begin == low else part.begin,
            scene.end if part.end == high else part.end,
            part.people,
        )
        for part in parts
    ]


def _judged(times: NDArray[np.float64], part: Part, people: list[Person], settings: CurationSettings) -> Part:
    length = float(times[part.end] - times[part.begin])
    if length < settings.min_length_s:
        reason = f"too short: {length:.1f} s of {' and '.join(part.people)}, less than {settings.min_length_s:g} s"
        return Part(part.scene, part.begin, part.end, reason=reason)
    others = [
        (max(one.frames[0], part.begin), min(one.frames[-1] + 1, part.end))
        for one in people
        if all(one is not own for own in part.people.values())
    ]
    seen = np.zeros(part.end - part.begin, bool)
    for begin, end in others:
        seen[max(0, begin - part.begin) : max(0, end - part.begin)] = True
    others_s = float(np.diff(times[part.begin : part.end + 1])[seen].sum())
    return Part(part.scene, part.begin, part.end, part.people, others_s)


def _runs(wanted: NDArray[np.bool_], start: int) -> list[tuple[int, int]]:
    """Begin and end of each run of True, counted from ``start``."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], wanted.astype(np.int8), [0]]))) + start
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]
