"""The plan of batches: the same for any number of workers, exhausting all sets, read at the grain of storage."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affect.errors import AffectError
from affect.networks.spec import Head
from affect.objectives.settings import CoAnnotation, ObjectiveSettings
from affect.preprocessing.settings import Preprocessing
from affect.training.index import LabelIndex, Rows
from affect.training.plan import PassPlan, Span, TrainPlan, share_out
from affect.training.settings import BatchSettings
from affect.training.windows import Single


def index_of(sets: dict[Head, Rows], groups: int) -> LabelIndex:
    return LabelIndex(tuple((f"file{n}", 0) for n in range(groups)), sets, 1000, (), Preprocessing(), ("image",))


def made_index(seed: int, groups: int, rows: int) -> Single:
    """Row groups of up to ``rows`` rows; each row is in each set by chance, at least one row in each."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, rows + 1, groups)
    group = np.repeat(np.arange(groups, dtype=np.int32), counts)
    row = np.concatenate([np.arange(count, dtype=np.int32) for count in counts])
    sets = {}
    for head, share in (("valence_arousal", 0.9), ("expression", 0.5), ("action_units", 0.3)):
        chosen = rng.random(len(group)) < share
        chosen[rng.integers(len(group))] = True
        sets[head] = Rows(group[chosen], row[chosen])
    return Single(index_of(sets, groups))


def pairs(rows: Rows) -> list[tuple[int, int]]:
    return list(zip(rows.group.tolist(), rows.row.tolist(), strict=True))


plans = st.builds(
    lambda seed, groups, rows, size, window: TrainPlan(
        made_index(seed, groups, rows), BatchSettings(size=size, window_groups=window), seed
    ),
    seed=st.integers(0, 2**31),
    groups=st.integers(1, 40),
    rows=st.integers(1, 30),
    size=st.integers(3, 64),
    window=st.integers(1, 8),
)


@given(plan=plans, world=st.integers(1, 5), epoch=st.integers(0, 3))
@settings(max_examples=60)
def test_workers_share_the_same_global_batch(plan: TrainPlan, world: int, epoch: int) -> None:
    for span in plan.spans():
        alone = plan.steps(epoch, span, 0, 1)
        together = [plan.steps(epoch, span, rank, world) for rank in range(world)]
        for number, whole in enumerate(alone):
            parts = [steps[number] for steps in together]
            assert [pair for part in parts for pair in pairs(part.rows)] == pairs(whole.rows)
            assert np.concatenate([part.position for part in parts]).tolist() == list(range(whole.total))
            assert max(len(part.rows) for part in parts) - min(len(part.rows) for part in parts) <= 1
            assert whole.total == plan.batch


@given(plan=plans, epoch=st.integers(0, 3))
@settings(max_examples=60)
def test_an_epoch_exhausts_every_set_and_nothing_else(plan: TrainPlan, epoch: int) -> None:
    steps = [step for span in plan.spans() for step in plan.steps(epoch, span, 0, 1)]
    assert [step.step for step in steps] == list(range(plan.steps_per_epoch))
    seen = {pair for step in steps for pair in pairs(step.rows)}
    assert seen == {pair for rows in plan.sets.values() for pair in pairs(rows)}


def test_an_epoch_of_several_passes_sees_every_row_as_often() -> None:
    group = np.repeat(np.arange(8, dtype=np.int32), 30)
    rows = Rows(group, np.tile(np.arange(30, dtype=np.int32), 8))
    settings = BatchSettings(size=40, window_groups=2, passes=3)
    plan = TrainPlan(Single(index_of({"expression": rows}, 8)), settings, seed=0)
    assert plan.steps_per_epoch == 18
    steps = [step for span in plan.spans() for step in plan.steps(0, span, 0, 1)]
    seen = Counter(pair for step in steps for pair in pairs(step.rows))
    assert set(seen.values()) == {3}
    assert len(seen) == len(rows)


def test_a_head_that_couplings_train_needs_no_rows() -> None:
    index = made_index(0, 3, 20).index
    nothing = Rows(np.empty(0, np.int32), np.empty(0, np.int32))
    sets = {"expression": index.sets["expression"], "action_units": nothing}
    inferred = ObjectiveSettings(co_annotation=CoAnnotation(expressions=False)).inferred
    plan = TrainPlan(Single(index_of(sets, 3)), BatchSettings(size=6), 0, inferred)
    assert plan.sizes == {"expression": 6}
    with pytest.raises(AffectError, match="action_units"):
        TrainPlan(Single(index_of(sets, 3)), BatchSettings(size=6), 0)
    with pytest.raises(AffectError, match="action_units"):  # nothing to infer it from
        TrainPlan(Single(index_of({"action_units": nothing}, 3)), BatchSettings(size=6), 0, inferred)


def test_a_set_that_divides_evenly_is_seen_once_an_epoch() -> None:
    group = np.repeat(np.arange(8, dtype=np.int32), 30)
    index = Single(index_of({"expression": Rows(group, np.tile(np.arange(30, dtype=np.int32), 8))}, 8))
    plan = TrainPlan(index, BatchSettings(size=24, window_groups=2), seed=1)
    seen = [pair for span in plan.spans() for step in plan.steps(0, span, 0, 1) for pair in pairs(step.rows)]
    assert len(list(plan.spans())) == 4
    assert sorted(seen) == sorted(pairs(index.sets["expression"]))


@given(plan=plans, epoch=st.integers(0, 3), data=st.data())
@settings(max_examples=40)
def test_a_run_resumed_in_mid_epoch_sees_the_rest(plan: TrainPlan, epoch: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, plan.steps_per_epoch - 1))
    whole = [step for span in plan.spans() for step in plan.steps(epoch, span, 0, 1)]
    rest = [step for span in plan.spans(start) for step in plan.steps(epoch, span, 0, 1)]
    assert [(step.step, pairs(step.rows)) for step in rest] == [(step.step, pairs(step.rows)) for step in whole[start:]]


def test_order_changes_with_epoch_and_seed_only() -> None:
    index = made_index(3, 20, 20)
    plan = TrainPlan(index, BatchSettings(size=16), seed=5)
    span = next(plan.spans())

    def order(plan: TrainPlan, epoch: int) -> list[list[tuple[int, int]]]:
        return [pairs(step.rows) for step in plan.steps(epoch, span, 0, 1)]

    assert order(plan, 0) == order(TrainPlan(index, BatchSettings(size=16), seed=5), 0)
    assert order(plan, 0) != order(plan, 1)
    assert order(plan, 0) != order(TrainPlan(index, BatchSettings(size=16), seed=6), 0)


def test_a_batch_holds_many_row_groups() -> None:
    """How near to a full shuffle: a batch of 64 from windows of 16 groups of 128 rows holds nearly all 16 groups."""
    group = np.repeat(np.arange(64, dtype=np.int32), 128)
    rows = Rows(group, np.tile(np.arange(128, dtype=np.int32), 64))
    plan = TrainPlan(Single(index_of({"expression": rows}, 64)), BatchSettings(size=64, window_groups=16), seed=0)
    held = [len(set(step.rows.group.tolist())) for span in plan.spans() for step in plan.steps(0, span, 0, 1)]
    assert min(held) >= 14


@given(plan=plans)
@settings(max_examples=40)
def test_a_row_group_is_read_for_neighbouring_spans_only(plan: TrainPlan) -> None:
    """For two at most in each order that begins, but for a group that fills more than a span by itself."""
    for head, rows in plan.sets.items():
        size = plan.sizes[head]
        orders = -(-plan.steps_per_epoch * size // len(rows))
        spans_of: dict[int, set[Span]] = {}
        for span in plan.spans():
            for group in plan._order(head, 0, span.first * size, span.last * size, (0, 0, 0))[0]:
                spans_of.setdefault(int(group), set()).add(span)
        counts = dict(zip(*np.unique(rows.group, return_counts=True), strict=True))
        for group, spans in spans_of.items():
            assert len(spans) <= orders * (2 + counts[group] // (plan.steps_per_span * size))


def test_shares_of_the_paper() -> None:
    """FaceBehaviorNet, section 6: 401, 247 and 103 of 751."""
    sizes = {"valence_arousal": 401_000, "action_units": 247_000, "expression": 103_000}
    assert share_out(sizes, 751) == {"valence_arousal": 401, "action_units": 247, "expression": 103}


@given(sizes=st.lists(st.integers(1, 10**6), min_size=1, max_size=3), batch=st.integers(3, 2000))
def test_shares_add_up(sizes: list[int], batch: int) -> None:
    heads = ("valence_arousal", "expression", "action_units")[: len(sizes)]
    shares = share_out(dict(zip(heads, sizes, strict=True)), batch)
    assert min(shares.values()) >= 1
    assert batch <= sum(shares.values()) <= batch + len(sizes) - 1


@given(seed=st.integers(0, 999), world=st.integers(1, 6), batch=st.integers(1, 50))
@settings(max_examples=40)
def test_a_pass_sees_every_row_once(seed: int, world: int, batch: int) -> None:
    index = made_index(seed, 10, 20)
    plan = PassPlan(index, batch)
    seen = [pair for rank in range(world) for step in plan.steps(rank, world) for pair in pairs(step.rows)]
    assert sorted(seen) == sorted({pair for rows in index.sets.values() for pair in pairs(rows)})


def test_a_set_without_rows_is_named() -> None:
    index = made_index(0, 3, 5)
    empty = Rows(np.empty(0, np.int32), np.empty(0, np.int32))
    with pytest.raises(AffectError, match="expression"):
        TrainPlan(Single(index_of(index.sets | {"expression": empty}, 3)), BatchSettings(), 0)
