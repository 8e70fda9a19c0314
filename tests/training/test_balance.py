"""Rare items are drawn more often: shares come out, nothing is lost, and the plan stays the plan."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affect.annotation.balance import PAPER_SHARES
from affect.errors import AffectError
from affect.networks.spec import Head
from affect.preprocessing.settings import Preprocessing
from affect.training.balance import KINDS, draws
from affect.training.index import LabelIndex, Rows, Seen
from affect.training.plan import TrainPlan
from affect.training.settings import BalanceSettings, BatchSettings
from affect.training.windows import Items, Single, Windows

PAPER = BalanceSettings(valence_arousal="ijcv2019", most=1000)
GROUP = 16


def made(kinds: dict[Head, np.ndarray], videos: int = 3) -> LabelIndex:
    """Rows of which ``kinds`` are labelled (-1: not), in row groups of GROUP rows and ``videos`` videos."""
    count = len(next(iter(kinds.values())))
    place = np.arange(count)
    rows = Rows((place // GROUP).astype(np.int32), (place % GROUP).astype(np.int32))
    labelled = {head: of_head >= 0 for head, of_head in kinds.items()}
    small = {head: of_head.astype(np.int8) for head, of_head in kinds.items()}
    begins = place % max(1, -(-count // videos)) == 0
    return LabelIndex(
        tuple((f"file{number}", 0) for number in range(count // GROUP + 1)),
        {head: Rows(rows.group[has], rows.row[has]) for head, has in labelled.items()},
        count,
        (),
        Preprocessing(),
        ("image",),
        Seen(rows, place.astype(np.int32), begins, labelled, small),
        {head: small[head][has] for head, has in labelled.items()},
    )


def items_of(index: LabelIndex, length: int | None) -> Items:
    return Single(index) if length is None else Windows(index, length, 2)


def random_kinds(seed: int, rows: int, run: int = 1) -> dict[Head, np.ndarray]:
    """Runs of ``run`` rows of one kind, mostly of the first, some not labelled; every kind there is."""
    rng = np.random.default_rng(seed)
    made = {}
    for head, names in KINDS.items():
        likely = np.array([0.1, 0.6, *[0.3 / (len(names) - 1)] * (len(names) - 1)])
        drawn = np.repeat(rng.choice(np.arange(-1, len(names)), -(-rows // run), p=likely), run)[:rows]
        drawn[: run * len(names)] = np.repeat(np.arange(len(names)), run)
        made[head] = drawn
    return made


def drawn_rows(plan: TrainPlan, epoch: int, rank: int = 0, world: int = 1, start: int = 0) -> list[list[int]]:
    """Numbers of the rows of each step from ``start`` on."""
    steps = [step for span in plan.spans(start) for step in plan.steps(epoch, span, rank, world)]
    return [(step.rows.group.astype(int) * GROUP + step.rows.row).tolist() for step in steps]


@given(seed=st.integers(0, 999), rows=st.integers(200, 900), epoch=st.integers(0, 3), length=st.sampled_from([None, 8]))
@settings(max_examples=15)
def test_shares_come_out_and_every_item_is_there(seed: int, rows: int, epoch: int, length: int | None) -> None:
    kinds = random_kinds(seed, rows, run=24)["valence_arousal"]
    items = items_of(made({"valence_arousal": kinds}), length)
    # A whole number of rounds in steps of one, so that what an epoch draws is what the set holds.
    plan = TrainPlan(items, BatchSettings(sizes={"valence_arousal": 1}, balance=PAPER), seed)
    seen = Counter(row for step in drawn_rows(plan, epoch) for row in step)
    labelled = np.flatnonzero(kinds >= 0)
    assert set(labelled.tolist()) <= set(seen)
    counts = np.zeros(4)
    np.add.at(counts, kinds[labelled], [seen[row] for row in labelled.tolist()])
    # Windows that hold two kinds are repeated whole; of rows only rounding is left.
    assert np.abs(counts / counts.sum() - PAPER_SHARES).max() < (0.005 if length is None else 0.06)


@pytest.mark.parametrize("length", [None, 6])
@given(seed=st.integers(0, 999), world=st.integers(1, 5), epoch=st.integers(0, 3), data=st.data())
@settings(max_examples=12)
def test_the_plan_is_the_same_for_any_workers_and_from_any_step(
    length: int | None, seed: int, world: int, epoch: int, data: st.DataObject
) -> None:
    index = made(random_kinds(seed, 300, run=5))
    balanced = BalanceSettings(expression=0.7, valence_arousal="ijcv2019")
    asked = BatchSettings(size=24, balance=balanced, window_groups=4)
    plan = TrainPlan(items_of(index, length), asked, seed)
    whole = drawn_rows(plan, epoch)
    # Fresh plans, as on other machines: nothing that was drawn before has a say.
    others = [drawn_rows(TrainPlan(items_of(index, length), asked, seed), epoch, rank, world) for rank in range(world)]
    assert {len(steps) for steps in others} == {plan.steps_per_epoch}
    assert [[row for part in parts for row in part] for parts in zip(*others, strict=True)] == whole
    start = data.draw(st.integers(0, plan.steps_per_epoch - 1))
    drawn_rows(plan, epoch + 1)
    assert drawn_rows(plan, epoch, start=start) == whole[start:]


def test_an_epoch_exhausts_the_grown_sets_together() -> None:
    """Batches are shared out by what is drawn of a set, not by what it holds."""
    kinds = {
        "expression": np.array([0] * 160 + [1] * 40 + [-1] * 200),
        "valence_arousal": np.array([-1] * 200 + [0] * 200),
    }
    plan = TrainPlan(Single(made(kinds)), BatchSettings(size=52, balance=BalanceSettings(expression=1)), 0)
    assert plan.totals == {"expression": 320, "valence_arousal": 200}
    assert plan.sizes == {"expression": 32, "valence_arousal": 20}
    seen = Counter(row for step in drawn_rows(plan, 0) for row in step)
    assert plan.steps_per_epoch == 10
    assert {seen[row] for row in range(160)} == {1}
    assert {seen[row] for row in range(160, 200)} == {4}
    assert {seen[row] for row in range(200, 400)} == {1}


@given(power=st.floats(0, 1), counts=st.lists(st.integers(0, 500), min_size=7, max_size=7).filter(any))
def test_classes_between_natural_and_equal_shares(power: float, counts: list[int]) -> None:
    one_hot = np.eye(7, dtype=np.int32).repeat(counts, axis=0)
    drawn = draws("expression", one_hot, BalanceSettings(expression=power, most=1000))
    frames = np.array(counts)
    of_kind = np.bincount(drawn.kinds, drawn.times, minlength=7)
    there = frames > 0
    wanted = np.where(there, frames, 1.0) ** (1 - power) * there
    assert of_kind / of_kind.sum() == pytest.approx(wanted / wanted.sum(), abs=2e-3)
    assert drawn.times.min() >= 1
    for epoch in range(3):
        places = drawn.of_epoch(0, epoch, "expression")
        assert len(places) == drawn.total
        assert (np.diff(places) >= 0).all()
        numbers = np.bincount(drawn.kinds[places], minlength=7)
        assert np.abs(numbers - of_kind).max() <= 1.5  # each epoch has the shares, not only all of them together


def test_no_item_is_drawn_more_often_than_the_most_and_who_is_repeated_changes() -> None:
    one_hot = np.eye(7, dtype=np.int32).repeat([1000, 10, 0, 0, 0, 0, 0], axis=0)
    capped = draws("expression", one_hot, BalanceSettings(expression=1, most=2.5))
    assert set(capped.times.tolist()) == {1.0, 2.5}
    twice = [np.bincount(capped.of_epoch(0, epoch, "expression"))[1000:] for epoch in range(6)]
    assert all(sorted(times.tolist()) == [2] * 5 + [3] * 5 for times in twice)
    assert len({tuple(times) for times in twice}) > 1


def test_windows_of_two_kinds_are_weighed_by_what_they_hold() -> None:
    """Repeating a window repeats all in it: equal shares are reached although no window is of the rare kind alone."""
    counts = np.array([[4, 0, 0, 0]] * 30 + [[1, 3, 0, 0]] * 5)
    even = BalanceSettings(valence_arousal=(0.5, 0.5, 0.5, 0.5), most=1000)
    drawn = draws("valence_arousal", counts, even)
    frames = drawn.times @ counts
    assert frames[0] / frames.sum() == pytest.approx(0.5, abs=0.01)


def test_what_cannot_be_is_said() -> None:
    index = made({"valence_arousal": np.array([0, 1, 2, 3])})
    with pytest.raises(AffectError, match=r"V-A\+ a share of 0"):
        TrainPlan(
            Single(index), BatchSettings(size=4, balance=BalanceSettings(valence_arousal=(0.5, 0, 0.25, 0.25))), 0
        )
    with pytest.raises(AffectError, match="expression, which is none of the network's heads"):
        TrainPlan(Single(index), BatchSettings(size=4, balance=BalanceSettings(expression=1)), 0)
