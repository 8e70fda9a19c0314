"""Whom a corpus means by main, left and right, and everyone."""

import pytest

from affect.errors import AffectError
from affect.faces.persons import choose_persons
from affect.faces.tracking import Track

FRAMES, SECONDS, WIDTH = 300, 10.0, 640


def track(number: int, first: int, last: int, x: float = 320, area: float = 1000) -> Track:
    one = Track(number)
    for frame in range(first, last):
        one.frames.append(frame)
        one.area += area
        one.centre += x
    return one


def choose(tracks: list[Track], *persons: str) -> dict[str, list[int]]:
    return choose_persons(tracks, persons, FRAMES, SECONDS, WIDTH)


def test_main_is_the_largest_over_time() -> None:
    assert choose([track(0, 0, 300, area=500), track(1, 0, 200, area=4000)], "main") == {"main": [1]}


def test_main_is_joined_over_gaps() -> None:
    tracks = [track(0, 0, 80), track(1, 100, 250, area=1200), track(2, 255, 300)]
    assert choose(tracks, "main") == {"main": [1, 0, 2]}


def test_a_gap_in_which_two_compete_stays_open() -> None:
    tracks = [track(0, 0, 100, area=3000), track(1, 150, 250, x=100), track(2, 150, 250, x=500, area=900)]
    assert choose(tracks, "main") == {"main": [0]}


def test_a_small_face_in_the_background_does_not_compete() -> None:
    tracks = [track(0, 0, 100, area=3000), track(1, 150, 250), track(2, 140, 260, x=500, area=200)]
    assert choose(tracks, "main")["main"][:2] == [0, 1]


def test_someone_beside_the_main_person_is_not_joined() -> None:
    tracks = [track(0, 0, 100, area=3000), track(1, 50, 200, area=2000), track(2, 205, 300, area=2500)]
    assert 1 not in choose(tracks, "main")["main"]


def test_left_and_right_by_place_and_rejoined() -> None:
    tracks = [
        track(0, 0, 100, x=500), track(1, 0, 100, x=120), track(2, 130, 300, x=140), track(3, 120, 300, x=480),
        track(4, 0, 300, x=320, area=50),
    ]  # fmt: skip
    chosen = choose(tracks, "left", "right")
    assert set(chosen["left"]) == {1, 2}
    assert set(chosen["right"]) >= {0, 3}
    assert not set(chosen["left"]) & set(chosen["right"])


def test_one_side_is_told_by_the_other() -> None:
    tracks = [track(0, 0, 300, x=100), track(1, 0, 300, x=250)]
    assert choose(tracks, "right") == {"right": [1]}
    assert choose(tracks, "left") == {"left": [0]}


@pytest.mark.parametrize(("x", "side"), [(100, "left"), (500, "right")])
def test_a_person_alone_is_placed_by_the_picture(x: float, side: str) -> None:
    chosen = choose([track(0, 0, 300, x=x)], "left", "right")
    assert chosen == {"left": [], "right": []} | {side: [0]}


def test_left_and_right_without_a_face() -> None:
    assert choose([], "left", "right") == {"left": [], "right": []}


def test_everyone_long_enough_in_order_of_time_seen() -> None:
    tracks = [track(0, 0, 14), track(1, 0, 100), track(2, 0, 200), track(3, 20, 35)]
    assert choose(tracks) == {"0": [2], "1": [1], "2": [3]}


def test_nobody_is_still_a_person_of_missed_frames() -> None:
    assert choose([]) == {"0": []}
    assert choose([], "main") == {"main": []}


def test_a_picture_has_no_duration() -> None:
    assert choose_persons([track(0, 0, 1), track(1, 0, 1)], (), 1, 0.0, WIDTH) == {"0": [0], "1": [1]}


def test_unknown_names() -> None:
    with pytest.raises(AffectError, match="judge"):
        choose([track(0, 0, 10)], "main", "judge")
