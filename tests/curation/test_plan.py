"""Scenes become clips of one person or of two together; whatever is dropped says why, and nothing is lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.curation.people import Look
from affect.curation.plan import NOBODY, Part, Watched, plan
from affect.curation.settings import CurationSettings

EVERY = 5
FPS = 30


def watched(seconds: float, people: dict[int, list[tuple[float, float]]], cuts: tuple[float, ...] = ()) -> Watched:
    """People by place, each there from and until some seconds."""
    frames = round(seconds * FPS)
    looks = []
    for frame in range(0, frames, EVERY):
        there = [
            [place, 40, 80, 80]
            for place, times in people.items()
            if any(begin <= frame / FPS < end for begin, end in times)
        ]
        looks.append(Look(frame, frame / FPS, np.array(there, np.float32).reshape(-1, 4)))
    return Watched(np.arange(frames + 1) / FPS, 0, [round(cut * FPS) for cut in cuts], looks, (640, 360))


def told(parts: list[Part]) -> list[tuple[float, float, str]]:
    return [
        (
            round(one.begin / FPS, 1),
            round(one.end / FPS, 1),
            " ".join(one.people) if one.reason is None else one.reason.split(":")[0],
        )
        for one in parts
    ]


@pytest.mark.parametrize(
    ("people", "cuts", "expected"),
    [
        ({100: [(0, 12)]}, (), [(0, 12, "main")]),
        ({100: [(0, 12)]}, (7,), [(0, 7, "main"), (7, 12, "main")]),
        # in non-continuous time instances
        ({100: [(0, 4), (8, 12)]}, (), [(0, 3.9, "main"), (3.9, 8, NOBODY), (8, 12, "main")]),
        ({100: [(4, 8)]}, (), [(0, 4, NOBODY), (4, 7.9, "main"), (7.9, 12, NOBODY)]),
        ({400: [(0, 12)], 100: [(1, 12)]}, (), [(0, 12, "left right")]),
        ({400: [(0, 8)], 100: [(3, 12)]}, (), [(0, 7.9, "main"), (3, 12, "main")]),
        ({400: [(0, 6)], 100: [(6, 12)]}, (), [(0, 5.9, "main"), (5.9, 6, NOBODY), (6, 12, "main")]),
        ({400: [(0, 12)], 100: [(5, 7)]}, (), [(0, 12, "main"), (5, 6.9, "too short")]),
        ({100: [(0, 12)], 250: [(0, 12)], 400: [(0, 12)]}, (), [(0, 12, "a crowd")]),
        ({100: [(0, 12)], 250: [(0, 12)], 400: [(4, 6)]}, (), [(0, 12, "left right"), (4, 5.9, "too short")]),
        ({100: [(0, 6)]}, (6,), [(0, 6, "main"), (6, 12, NOBODY)]),
        ({}, (), [(0, 12, NOBODY)]),
    ],
)
def test_scenes(
    people: dict[int, list[tuple[float, float]]], cuts: tuple[float, ...], expected: list[tuple[float, float, str]]
) -> None:
    assert told(plan(watched(12, people, cuts), CurationSettings())) == expected


def test_left_and_right_are_places_in_the_picture() -> None:
    [part] = plan(watched(6, {400: [(0, 6)], 100: [(0, 6)]}), CurationSettings())
    assert {name: one.place for name, one in part.people.items()} == {"left": 140, "right": 440}


def test_others_are_counted() -> None:
    first, second = plan(watched(12, {400: [(0, 8)], 100: [(3, 12)]}), CurationSettings())
    assert first.others_s == pytest.approx(4.9, abs=0.1)
    assert second.others_s == pytest.approx(4.9, abs=0.1)


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("trim_faceless=false", [(0, 12, "main")]),
        ("min_length_s=4.5", [(0, 4, NOBODY), (4, 7.9, "too short"), (7.9, 12, NOBODY)]),
    ],
)
def test_settings_of_length(setting: str, expected: list[tuple[float, float, str]]) -> None:
    settings = CurationSettings().override([setting])
    assert told(plan(watched(12, {100: [(4, 8)]}), settings)) == expected


@pytest.mark.parametrize(
    ("setting", "third", "expected"),
    [
        ("together=0.5", [], "main"),
        ("together=0.4", [], "left right"),
        ("crowd=0.25", [(3, 7)], "a crowd"),
        ("crowd=0.4", [(3, 7)], "main"),
    ],
)
def test_settings_of_company(setting: str, third: list[tuple[float, float]], expected: str) -> None:
    found = watched(12, {400: [(0, 8)], 100: [(3, 12)], 250: third})
    assert told(plan(found, CurationSettings().override([setting])))[0][2] == expected


times = st.lists(st.tuples(st.floats(0, 20), st.floats(0, 20)).map(sorted).map(tuple), max_size=3)


@given(
    st.dictionaries(st.sampled_from([0, 130, 260, 390, 520]), times, max_size=5),
    st.lists(st.floats(0.1, 19.9), max_size=3, unique_by=lambda cut: round(cut * FPS)),
    st.booleans(),
)
def test_every_frame_is_accounted_for(
    people: dict[int, list[tuple[float, float]]], cuts: list[float], trim: bool
) -> None:
    found = watched(20, people, tuple(sorted(cuts)))
    parts = plan(found, CurationSettings(trim_faceless=trim))
    covered = np.zeros(found.end, int)
    bounds = {found.begin, *found.cuts, found.end}
    for part in parts:
        covered[part.begin : part.end] += 1
        assert not any(part.begin < bound < part.end for bound in bounds)
        if part.reason is None:
            assert found.times[part.end] - found.times[part.begin] >= 3
            assert set(part.people) in ({"main"}, {"left", "right"})
            for person in part.people.values():
                assert part.begin <= person.frames[0] <= person.frames[-1] < part.end
    assert (covered > 0).all()
    for one in parts:  # what is empty or a crowd belongs to no clip
        if one.reason is not None and not one.reason.startswith("too short"):
            assert (covered[one.begin : one.end] == 1).all()
