"""Followers together."""

import logging

import pytest

from affect.following.company import Company
from affect.training.following import Follower, Point, StepFacts
from tests.following.made_runs import facts, tell


class Listens(Follower):
    def __init__(self) -> None:
        self.points: list[Point] = []

    def point(self, point: Point) -> None:
        self.points.append(point)


class Fails(Follower):
    def __init__(self, times: int) -> None:
        self.times, self.told = times, 0

    def step(self, facts: StepFacts) -> None:
        self.told += 1
        if self.told <= self.times:
            raise OSError("no such server")


def test_points_are_means_within_an_epoch() -> None:
    listens = Listens()
    tell([Company([listens], every=3)], last=8, steps_per_epoch=4)
    assert [(point.first, point.last, point.epoch) for point in listens.points] == [
        (1, 3, 0),
        (4, 4, 0),
        (5, 7, 1),
        (8, 8, 1),
    ]
    first = listens.points[0]
    assert first.losses == {"loss": 2.0, "expression_loss": 1.0}
    assert (first.rows, first.seconds, first.learning_rate) == (30, 1.5, pytest.approx(0.1 / 3))
    assert (first.rows_per_s, first.data_wait_share) == (pytest.approx(20), pytest.approx(0.2))


@pytest.mark.parametrize(("times", "told"), [(2, 6), (99, 3)], ids=["a while", "for ever"])
def test_a_follower_that_fails_ends_nothing(times: int, told: int, caplog: pytest.LogCaptureFixture) -> None:
    fails, listens = Fails(times), Listens()
    company = Company([fails, listens], every=1)
    with caplog.at_level(logging.WARNING, "affect.training"):
        for number in range(1, 7):
            company.step(facts(number))
    assert fails.told == told
    assert len(listens.points) == 6
    assert [record.message.endswith("goes on without it") for record in caplog.records] == [False, False, True][
        : min(times, 3)
    ]
    assert all("Fails: OSError: no such server" in record.message for record in caplog.records)
