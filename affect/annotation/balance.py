"""Balancing valence and arousal by repeating runs of consecutive frames (IJCV 2019, section 4.2).

It is of annotations. What training draws, frames or windows of them, training.balance repeats to the same shares.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affect.errors import AffectError

QUADRANTS = ("V+A+", "V-A+", "V+A-", "V-A-")

PAPER_SHARES = (0.43, 0.24, 0.19, 0.14)
"""Of the training frames after balancing, by QUADRANTS (IJCV 2019, section 4.2)."""


@dataclass(frozen=True)
class Run:
    """Frames ``start`` to ``stop`` (exclusive) of ``video``, all in one quadrant, to be seen ``repeats`` times."""

    video: str
    start: int
    stop: int
    repeats: int


@dataclass(frozen=True)
class Balance:
    """``runs`` in order of video and frame; ``before`` and ``after`` are frames by QUADRANTS.

    ``absent`` names quadrants that were wanted and have no frame: nothing can be repeated there, and the others have
    their shares of what is left.
    """

    runs: tuple[Run, ...]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    absent: tuple[str, ...]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Shares of the frames after balancing, by QUADRANTS."""
        shares: NDArray[np.float64] = self.after / self.after.sum()
        return shares


def quadrants(valence: NDArray[np.floating], arousal: NDArray[np.floating]) -> NDArray[np.int64]:
    """Index into QUADRANTS (n,), -1 where either is NaN. Zero counts as positive; the paper does not say."""
    quadrant = 2 * (arousal < 0).astype(np.int64) + (valence < 0)
    return np.where(np.isfinite(valence) & np.isfinite(arousal), quadrant, -1)


def balance(
    videos: Mapping[str, tuple[NDArray[np.floating], NDArray[np.floating]]],
    shares: tuple[float, float, float, float] = PAPER_SHARES,
    seed: int = 0,
) -> Balance:
    """How often to repeat each run of ``videos``, (valence, arousal) each, so that QUADRANTS have ``shares``.

    No frame is dropped: the quadrant that is fullest for its share is seen once, the others grow. Each run is repeated
    as often as its quadrant needs on average; what is left over goes to whole runs drawn by ``seed``, the last of them
    cut. So each quadrant's number of frames is exact to half a frame. Frames without both labels are in no run.
    Raises AffectError where no frame has both.
    """
    if min(shares) < 0 or sum(shares) <= 0:
        raise AffectError(f"shares are {shares}; give four numbers that are not negative, for example {PAPER_SHARES}")
    found = [run for name, (valence, arousal) in sorted(videos.items()) for run in _runs(name, valence, arousal)]
    before = np.zeros(len(QUADRANTS), np.int64)
    for run, quadrant in found:
        before[quadrant] += run.stop - run.start
    wanted = np.where(before > 0, shares, 0.0)
    if not before.any():
        raise AffectError("no frame has valence and arousal, so there is nothing to balance; give annotated videos")
    unwanted = [name for name, share, count in zip(QUADRANTS, shares, before, strict=True) if count and not share]
    if unwanted:
        raise AffectError(f"{', '.join(unwanted)} has frames and a share of 0, but none are dropped; give it a share")
    scale = np.max(before[before > 0] / wanted[before > 0])
    after = np.rint(wanted * scale).astype(np.int64)
    rng = np.random.default_rng(seed)
    runs: list[Run] = []
    for quadrant in np.flatnonzero(before).tolist():
        runs += _repeat([run for run, of_run in found if of_run == quadrant], int(after[quadrant]), rng)
    absent = tuple(name for name, share, count in zip(QUADRANTS, shares, before, strict=True) if share and not count)
    return Balance(tuple(sorted(runs, key=lambda run: (run.video, run.start))), before, after, absent)


def _runs(video: str, valence: NDArray[np.floating], arousal: NDArray[np.floating]) -> list[tuple[Run, int]]:
    labels = quadrants(valence, arousal)
    edges = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    spans = itertools.pairwise(edges)
    return [(Run(video, a, b, 1), int(labels[a])) for a, b in spans if a < b and labels[a] >= 0]


def _repeat(runs: list[Run], target: int, rng: np.random.Generator) -> list[Run]:
    """``runs`` repeated to ``target`` frames in all."""
    times, left = divmod(target, sum(run.stop - run.start for run in runs))
    repeated = []
    for index in rng.permutation(len(runs)).tolist():
        run = runs[index]
        more = min(left, run.stop - run.start)
        left -= more
        parts = ((run.start, run.start + more, times + 1), (run.start + more, run.stop, times))
        repeated += [Run(run.video, start, stop, repeats) for start, stop, repeats in parts if start < stop]
    return repeated
