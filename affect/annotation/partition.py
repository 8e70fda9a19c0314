"""Subject-independent splits, balanced in label distribution over several tasks at once.

BMVC 2019 (section 2) and EXT 2018 (II.F) split so that "a person can appear only in one" subset and give the numbers
of videos; how they chose is not printed. Here videos that share a person, directly or through others, are one group;
groups are dealt out one by one and then moved and exchanged, so that each split has its number of videos of each task
first, and its share of each label second.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from affect.annotation.placing import Placing
from affect.annotation.plans import EVERY, Plan, Unit
from affect.errors import AffectError


def groups_of(units: Sequence[Unit]) -> NDArray[np.int64]:
    """The group (units,) of each unit: those linked by a person are in one."""
    known = sorted({subject for unit in units for subject in unit.subjects})
    place = {subject: len(units) + index for index, subject in enumerate(known)}
    links = [(index, place[subject]) for index, unit in enumerate(units) for subject in unit.subjects]
    rows, columns = np.array(links, np.int64).reshape(-1, 2).T
    size = len(units) + len(known)
    _, groups = connected_components(coo_array((np.ones(len(rows)), (rows, columns)), shape=(size, size)), False)
    return np.asarray(groups[: len(units)], np.int64)


def partition(units: Sequence[Unit], plan: Plan, seed: int = 0) -> list[str]:
    """The split of each of ``units``; the same for the same units, plan and seed. Nobody is in two.

    Sizes are met as nearly as people who cannot be divided allow. Raises AffectError with fewer groups than splits.
    """
    groups = np.unique(groups_of(units), return_inverse=True)[1]
    count = int(groups.max(initial=-1)) + 1
    if count < len(plan.splits):
        raise AffectError(
            f"{len(units)} videos of {count} independent groups of people cannot fill {len(plan.splits)} splits; "
            "give more videos, or fewer splits"
        )
    single, wanted, weights = _features(units, plan, len(units) / count)
    features = np.zeros((count, single.shape[1]))
    np.add.at(features, groups, single)
    placed = Placing(features, wanted, weights, np.random.default_rng(seed)).place()
    return [plan.splits[split] for split in placed[groups].tolist()]


def _features(
    units: Sequence[Unit], plan: Plan, group_size: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Amounts (units, features), what each split should have of them (splits, features), and the weight of a miss."""
    tasks = sorted({task for unit in units for task in unit.counts})
    numbers, labels = [(EVERY, np.ones((len(units), 1)))], []
    for task in tasks:
        width = next(len(unit.counts[task]) for unit in units if task in unit.counts)
        table = np.array([unit.counts.get(task, np.zeros(width)) for unit in units], np.float64)
        numbers.append((task, np.array([[float(task in unit.counts)] for unit in units])))
        labels.append((task, table[:, table.sum(axis=0) > 0]))
    wanted = [plan.shares(task)[:, None] * table.sum(axis=0) for task, table in numbers + labels]
    # A group too many outweighs any labels; a label's miss is relative, so that rare ones count like frequent ones.
    weights = [np.full_like(target, 1 / group_size**2) for target in wanted[: len(numbers)]]
    weights += [1 / (target**2 * max(1, target.size) * 10) for target in wanted[len(numbers) :]]
    return np.hstack([table for _, table in numbers + labels]), np.hstack(wanted), np.hstack(weights)
