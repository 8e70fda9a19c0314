"""What a partition divides, and into what: units, the splits that are wanted, and the papers' sizes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from affect.annotation.label_counts import Counts
from affect.corpora.splits import SPLITS
from affect.errors import AffectError

EVERY = "videos"
"""The sizes of a plan that hold for all videos, and for tasks that it does not name."""


@dataclass(frozen=True)
class Unit:
    """What goes to one split as a whole: a video, or a single picture. Without subjects it is its own."""

    name: str
    subjects: tuple[str, ...] = ()
    counts: Counts = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Names of the splits, and their sizes by task, in videos or in any other unit: only their ratio counts."""

    splits: tuple[str, ...]
    sizes: Mapping[str, tuple[float, ...]]

    def shares(self, task: str) -> NDArray[np.float64]:
        """The wanted share (splits,) of ``task``, in all 1."""
        sizes = np.array(self.sizes.get(task, self.sizes[EVERY]), np.float64)
        if len(sizes) != len(self.splits) or not (sizes > 0).all():
            raise AffectError(f"sizes of {task} are {sizes.tolist()}; give a positive one to each of {self.splits}")
        shares: NDArray[np.float64] = sizes / sizes.sum()
        return shares


THREE = SPLITS

PRESETS: dict[str, Plan] = {
    "aff-wild2": Plan(
        THREE,
        {
            EVERY: (350, 70, 138),
            "valence_arousal": (350, 70, 138),
            "action_units": (42, 7, 14),
            "expression": (51, 11, 22),
        },
    ),
    "85-15": Plan(("train", "validation"), {EVERY: (85, 15)}),
    "70-15-15": Plan(THREE, {EVERY: (70, 15, 15)}),
}
"""Aff-Wild2's three sets (BMVC 2019, section 2; EXT 2018, II.F), the training sets that FaceBehaviorNet (section 4)
divides, and a usual split for corpora of one's own."""


def folds(count: int) -> Plan:
    """``count`` folds of equal size, called 0, 1 and so on (IJCV 2019, section 5.1.2: five)."""
    if count < 2:
        raise AffectError(f"{count} is too few folds; give 2 or more")
    return Plan(tuple(map(str, range(count))), {EVERY: (1.0,) * count})
