"""Nobody is in two splits, sizes are met, labels are alike."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affect.annotation import placing
from affect.annotation.partition import groups_of, partition
from affect.annotation.plans import EVERY, PRESETS, THREE, Plan, Unit, folds
from affect.errors import AffectError


def units(seed: int, count: int, people: int) -> list[Unit]:
    """Videos of nobody known, of one person, and now and then of two."""
    rng = np.random.default_rng(seed)
    made = []
    for index in range(count):
        subjects = {f"p{rng.integers(people)}" for _ in range(rng.choice(3, p=[0.2, 0.65, 0.15]))}
        counts = {}
        if rng.random() < 0.8:
            counts["valence_arousal"] = rng.multinomial(rng.integers(1, 5000), rng.dirichlet([3, 2, 1, 1]))
        if rng.random() < 0.3:
            counts["expression"] = rng.multinomial(rng.integers(1, 500), rng.dirichlet(np.ones(7)))
        made.append(Unit(f"v{index}", tuple(sorted(subjects)), counts))
    return made


@settings(max_examples=2000)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(2, 10),
    people=st.integers(1, 8),
    plan=st.sampled_from([PRESETS["85-15"], PRESETS["70-15-15"], PRESETS["aff-wild2"], folds(2), folds(4)]),
)
def test_nobody_is_in_two_splits_and_no_split_is_empty(seed: int, count: int, people: int, plan: Plan) -> None:
    made = units(seed, count, people)
    alone = len(set(groups_of(made).tolist()))
    if alone < len(plan.splits):
        with pytest.raises(AffectError, match=f"{count} videos of {alone} independent groups"):
            partition(made, plan)
        return
    with mock.patch.object(placing, "BEGINNINGS", 1):  # more attempts take longer and keep people together no better
        splits = partition(made, plan, seed)
    places: dict[str, set[str]] = {}
    for unit, split in zip(made, splits, strict=True):
        for subject in unit.subjects:
            places.setdefault(subject, set()).add(split)
    assert all(len(split) == 1 for split in places.values())
    assert set(splits) == set(plan.splits)


def test_groups_are_linked_through_others_and_the_unknown_are_alone() -> None:
    made = [Unit("a", ("x",)), Unit("b", ("y",)), Unit("c", ("x", "y")), Unit("d"), Unit("e"), Unit("f", ("z",))]
    groups = groups_of(made).tolist()
    assert groups[0] == groups[1] == groups[2]
    assert len(set(groups)) == 4


@pytest.fixture(scope="module")
def aff_wild2() -> list[Unit]:
    """As many videos of each task as Aff-Wild2 has, of 458 people."""
    rng = np.random.default_rng(0)
    made = []
    for index in range(558):
        frames = int(rng.lognormal(8, 1))
        counts = {"valence_arousal": rng.multinomial(frames, rng.dirichlet([2, 1, 1, 0.5]))}
        if index < 63:
            counts["action_units"] = rng.binomial(frames, rng.beta(0.3, 3, 17))
        if 40 <= index < 124:
            counts["expression"] = rng.multinomial(frames, rng.dirichlet([1, 0.2, 0.1, 0.1, 0.5, 0.4, 0.3]))
        made.append(Unit(f"v{index}", (f"p{rng.integers(458)}",), counts))
    return made


def shares_of(made: list[Unit], splits: list[str], task: str, split: str) -> np.ndarray:
    """Of each label of ``task`` the part that is in ``split``."""
    of_task = [(unit.counts[task], of) for unit, of in zip(made, splits, strict=True) if task in unit.counts]
    here = np.sum([counts for counts, of in of_task if of == split], axis=0)
    return here / np.sum([counts for counts, _ in of_task], axis=0)


def test_the_papers_sizes_are_met_for_every_task_at_once_and_labels_are_alike(aff_wild2: list[Unit]) -> None:
    splits = partition(aff_wild2, PRESETS["aff-wild2"])
    for task, sizes in PRESETS["aff-wild2"].sizes.items():
        of_task = [split for unit, split in zip(aff_wild2, splits, strict=True) if task in (*unit.counts, EVERY)]
        assert [of_task.count(split) for split in THREE] == list(sizes)
    for split, size in zip(THREE, (350, 70, 138), strict=True):
        np.testing.assert_allclose(shares_of(aff_wild2, splits, "valence_arousal", split), size / 558, rtol=0.05)
    # By chance alone they are off by a quarter and more.
    np.testing.assert_allclose(shares_of(aff_wild2, splits, "expression", "train"), 51 / 84, rtol=0.25)


def test_five_folds_are_disjoint_complete_and_even(aff_wild2: list[Unit]) -> None:
    of_fold = partition(aff_wild2, folds(5))
    assert len(of_fold) == len(aff_wild2)
    assert sorted(of_fold.count(fold) for fold in "01234") == [111, 111, 112, 112, 112]
    for fold in "01234":
        np.testing.assert_allclose(shares_of(aff_wild2, of_fold, "valence_arousal", fold), 0.2, rtol=0.05)


def test_labels_beat_chance_where_sizes_leave_a_choice() -> None:
    """Two kinds of video, one of them rare: each fold gets its part of both."""
    made = [Unit(f"v{index}", (), {"expression": np.eye(7, dtype=int)[5 * (index < 5)] * 100}) for index in range(25)]
    of_fold = partition(made, folds(5))
    assert sorted(of_fold[:5]) == list("01234")


def test_the_same_seed_gives_the_same_splits(aff_wild2: list[Unit]) -> None:
    few = aff_wild2[:80]
    assert partition(few, PRESETS["85-15"], 3) == partition(few, PRESETS["85-15"], 3)
    assert partition(few, PRESETS["85-15"], 3) != partition(few, PRESETS["85-15"], 4)


@pytest.mark.parametrize("sizes", [(1, 2, 0), (1, 2), (1, 2, -1)])
def test_sizes_must_be_positive_and_one_for_each_split(sizes: tuple[float, ...]) -> None:
    with pytest.raises(AffectError, match="give a positive one to each"):
        partition(units(0, 9, 9), Plan(THREE, {EVERY: sizes}))


def test_one_fold_is_no_fold() -> None:
    with pytest.raises(AffectError, match="1 is too few folds"):
        folds(1)
