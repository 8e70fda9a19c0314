"""Detections become people: joined over gaps, told apart, and left out where they do not count."""

import numpy as np
import pytest

from affect.curation.people import Look, find_people
from affect.curation.settings import CurationSettings

SETTINGS = CurationSettings()
RATE = 6


def looks(*at: list[list[float]]) -> list[Look]:
    return [Look(index * 5, index / RATE, np.array(boxes, np.float32).reshape(-1, 4)) for index, boxes in enumerate(at)]


def face(x: float, size: float = 80) -> list[float]:
    return [x, 50, size, size]


def spans(at: list[list[list[float]]], settings: CurationSettings = SETTINGS) -> list[tuple[int, int]]:
    return [(one.frames[0] // 5, one.frames[-1] // 5) for one in find_people(looks(*at), settings)]


@pytest.mark.parametrize(
    ("missed", "x", "expected"),
    [
        (11, 100, [(0, 5), (17, 22)]),  # 2 s: found again where it was
        (12, 100, [(0, 5), (18, 23)]),  # longer: somebody else, for all we know
        (6, 200, [(0, 12 + 5)]),
        (6, 230, [(0, 5), (12, 17)]),  # too far away
    ],
)
def test_gaps(missed: int, x: float, expected: list[tuple[int, int]]) -> None:
    found = spans([[face(100)]] * 6 + [[]] * missed + [[face(x)]] * 6)
    assert found == ([(0, expected[-1][1])] if (missed, x) == (11, 100) else expected)


def test_who_is_larger_now_is_somebody_else() -> None:
    assert spans([[face(100)]] * 6 + [[]] * 5 + [[face(60, 160)]] * 6) == [(0, 5), (11, 16)]


def test_two_people_who_turn_away_at_once_keep_apart() -> None:
    both = [face(100), face(260)]
    people = find_people(looks(*[both] * 6, *[[]] * 5, *[both[::-1]] * 6), SETTINGS)
    assert [one.place for one in people] == [140, 300]
    assert [len(one.frames) for one in people] == [12, 12]


@pytest.mark.parametrize(
    ("other", "times", "counts"),
    [
        (face(400, 47), 12, False),  # too small
        (face(400, 49), 12, True),
        (face(400, 49), 2, False),  # a third of a second
        (face(400, 60), 12, True),
    ],
)
def test_who_counts(other: list[float], times: int, counts: bool) -> None:
    found = spans([[face(100, 120), other]] * times + [[face(100, 120)]] * (12 - times))
    assert len(found) == 1 + counts


def test_an_audience_is_background() -> None:
    at = [[face(100, 200), face(500, 70)]] * 12
    assert len(spans(at)) == 1
    assert len(spans(at, CurationSettings(background=0.1))) == 2
