"""How often each item of a set is drawn in an epoch, so that what is rare is seen more often.

Items are rows, or windows of them, which are repeated whole. Nothing is left out: an item is drawn once at least.
"""

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from affect.annotation.balance import PAPER_SHARES, QUADRANTS
from affect.errors import AffectError
from affect.labels import EXPRESSIONS
from affect.networks.spec import Head
from affect.training.settings import BalanceSettings

KINDS: dict[Head, tuple[str, ...]] = {"expression": EXPRESSIONS, "valence_arousal": QUADRANTS}
"""What the labelled frames of a head are told apart by when it is balanced."""

_ROUNDS = 500
_CLOSE = 1e-4


@dataclass(frozen=True)
class Draws:
    """A set of ``len(times)`` items, of which item i is drawn ``times[i]`` times an epoch on average, at least once.

    What is beyond whole numbers is drawn anew for each epoch; ``total`` is the same in every one.
    """

    times: NDArray[np.float64]
    kinds: NDArray[np.int64]
    """What each item mostly holds: each kind has its number of draws in every epoch, to within one."""

    @cached_property
    def total(self) -> int:
        return int(self._whole.sum() + np.rint(self._beyond.sum()))

    @cached_property
    def _whole(self) -> NDArray[np.int64]:
        # A weight that should be 2 may have come out a little less.
        return np.floor(self.times + 1e-9).astype(np.int64)

    @property
    def _beyond(self) -> NDArray[np.float64]:
        return np.clip(self.times - self._whole, 0, 1)

    def of_epoch(self, seed: int, epoch: int, head: Head) -> NDArray[np.int64]:
        """Positions of the items drawn in an epoch, ascending, repeated ones after one another: (total,)."""
        order = np.argsort(self.kinds, kind="stable")
        ends = np.cumsum(self._beyond[order])
        if len(ends) and ends[-1] > 0:
            ends *= np.rint(ends[-1]) / ends[-1]
        # Every 1/n-th of the sum of the parts beyond whole numbers one more: an even share of each stretch of storage.
        begin = np.random.default_rng([seed, epoch, zlib.crc32(f"{head} draws".encode())]).random()
        more = np.diff(np.floor(ends + begin), prepend=0).astype(np.int64)
        times = self._whole.copy()
        times[order] += more
        return np.repeat(np.arange(len(times)), times)


def draws(head: Head, counts: NDArray[np.integer], settings: BalanceSettings) -> Draws:
    """How often items with ``counts`` (n, kinds) of frames of each of KINDS are drawn.

    An item is drawn as often as its labelled frames ask for on average. Raises AffectError for shares that cannot be.
    """
    per_item = counts / counts.sum(axis=1, keepdims=True)
    factors = _factors(per_item.T @ counts, wanted_shares(head, counts.sum(axis=0), settings), settings.most)
    return Draws(np.maximum(per_item @ factors, 1.0), counts.argmax(axis=1))


def wanted_shares(head: Head, frames: NDArray[np.integer], settings: BalanceSettings) -> NDArray[np.float64]:
    """Share of the frames of each of KINDS that ``settings`` ask for, 0 for a kind that has no frame."""
    there = frames > 0
    if head == "expression":
        assert settings.expression is not None
        wanted = np.where(there, np.maximum(frames, 1.0) ** (1 - settings.expression), 0.0)
    else:
        given = PAPER_SHARES if settings.valence_arousal == "ijcv2019" else settings.valence_arousal
        assert given is not None
        unwanted = [name for name, share, has in zip(QUADRANTS, given, there, strict=True) if has and not share]
        if unwanted:
            raise AffectError(
                f"batch.balance.valence_arousal gives {', '.join(unwanted)} a share of 0, but none of its frames are "
                "left out; give it a share"
            )
        wanted = np.where(there, given, 0.0)
    return np.asarray(wanted / wanted.sum())


def _factors(joint: NDArray[np.float64], shares: NDArray[np.float64], most: float) -> NDArray[np.float64]:
    """How often a frame of each kind is to be drawn, from 1 to ``most``, so that the kinds have ``shares``.

    ``joint`` (kinds, kinds): frames of the second kind in items, by the part of each item that is of the first. Where
    kinds lie in the same items shares move together: they are found by proportional fitting, as near as can be.
    """
    factors = np.ones(len(shares))
    there = shares > 0
    for _ in range(_ROUNDS):
        drawn = factors @ joint
        now = drawn / drawn.sum()
        if np.abs(now - shares).max() < _CLOSE:
            break
        factors[there] *= shares[there] / now[there]
        factors = np.clip(factors / factors[there].min(), 1.0, most)
    return factors
