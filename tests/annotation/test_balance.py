"""Runs of consecutive frames repeated to wanted shares."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.annotation.balance import PAPER_SHARES, QUADRANTS, Balance, Run, balance, quadrants
from affect.errors import AffectError

Videos = dict[str, tuple[np.ndarray, np.ndarray]]
SIGNS = {"V+A+": (0.5, 0.5), "V-A+": (-0.5, 0.5), "V+A-": (0.5, -0.5), "V-A-": (-0.5, -0.5), "none": (np.nan, 0.1)}


def video(*stretches: tuple[str, int]) -> tuple[np.ndarray, np.ndarray]:
    values = np.concatenate([np.tile(SIGNS[name], (frames, 1)) for name, frames in stretches])
    return values[:, 0], values[:, 1]


def test_a_hand_computed_case() -> None:
    videos = {"a": video(("V+A+", 43), ("none", 5), ("V-A+", 12)), "b": video(("V+A-", 19), ("V-A-", 4))}
    made = balance(videos)
    assert made.runs == (
        Run("a", 0, 43, 1),
        Run("a", 48, 60, 2),
        Run("b", 0, 19, 1),
        Run("b", 19, 21, 4),  # 14 frames of 4: thrice, and two once more
        Run("b", 21, 23, 3),
    )
    assert made.before.tolist() == [43, 12, 19, 4]
    assert made.shares.tolist() == list(PAPER_SHARES)
    assert made.absent == ()


VIDEOS = st.lists(
    st.lists(st.tuples(st.sampled_from(list(SIGNS)), st.integers(1, 40)), min_size=1, max_size=6),
    min_size=1,
    max_size=5,
)


@given(stretches=VIDEOS, seed=st.integers(0, 9))
def test_shares_are_reached_and_every_frame_is_seen(stretches: list[list[tuple[str, int]]], seed: int) -> None:
    videos = {f"v{index}": video(*one) for index, one in enumerate(stretches)}
    labels = {name: quadrants(*values) for name, values in videos.items()}
    present = np.bincount(np.concatenate([one[one >= 0] for one in labels.values()]), minlength=4) > 0
    if not present.any():
        with pytest.raises(AffectError, match="no frame has valence and arousal"):
            balance(videos, seed=seed)
        return
    made = balance(videos, seed=seed)
    seen = {name: np.zeros(len(one), int) for name, one in labels.items()}
    for run in made.runs:
        assert len(set(labels[run.video][run.start : run.stop])) == 1
        seen[run.video][run.start : run.stop] += run.repeats
    counts = np.zeros(4)
    for name, one in labels.items():
        assert ((seen[name] > 0) == (one >= 0)).all()
        np.add.at(counts, one[one >= 0], seen[name][one >= 0])
    assert made.after.tolist() == counts.tolist()
    wanted = np.where(present, PAPER_SHARES, 0) / np.sum(PAPER_SHARES, where=present)
    assert np.abs(counts - wanted * counts.sum()).max() <= 2  # half a frame each in numbers, in all of them two
    assert made.absent == tuple(name for name, there in zip(QUADRANTS, present, strict=True) if not there)


def test_a_quadrant_grows_evenly() -> None:
    """Nobody's video is repeated twice more often than another's of the same quadrant."""
    videos = {"long": video(("V+A+", 430))} | {f"v{index}": video(("V-A-", 10)) for index in range(5)}
    repeats = {run.repeats for run in balance(videos).runs if run.video != "long"}
    assert repeats <= {2, 3}


def test_the_same_seed_gives_the_same_runs_and_another_does_not() -> None:
    videos = {"long": video(("V+A+", 430))} | {f"v{index}": video(("V-A-", 11)) for index in range(5)}

    def runs(seed: int) -> tuple[Run, ...]:
        made: Balance = balance(videos, seed=seed)
        return made.runs

    assert runs(1) == runs(1)
    assert len({runs(seed) for seed in range(8)}) > 1


def test_zero_is_positive_and_nan_is_nowhere() -> None:
    valence = np.array([0.0, -0.0, -0.1, 0.0, -0.1, np.nan, 0.1])
    arousal = np.array([0.0, 0.1, 0.0, -0.1, -0.1, 0.1, np.nan])
    assert quadrants(valence, arousal).tolist() == [0, 0, 1, 2, 3, -1, -1]


@pytest.mark.parametrize(("shares", "reason"), [((1, 1, 1, -1), "not negative"), ((1, 0, 1, 1), "V-A. has frames")])
def test_shares_that_cannot_be_had(shares: tuple[float, float, float, float], reason: str) -> None:
    with pytest.raises(AffectError, match=reason):
        balance({"a": video(("V+A+", 3), ("V-A+", 3))}, shares)
