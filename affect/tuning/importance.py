"""Which parameters of a sweep mattered: PED-ANOVA, against what chance alone would show.

Watanabe, Bansal and Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces",
IJCAI 2023. A parameter matters if its values among the best trials are distributed otherwise than among all trials.
Only ranks are used, so trials that were stopped early, whose figures are of fewer epochs, can stand behind the others.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from affect.tuning.results import Sweep

FEWEST_TRIALS = 20
"""With fewer the best quarter is less than five trials."""

BEST_SHARE = 0.25

STEPS = 50
"""Into which the range of a number is divided."""

SHUFFLES = 200


@dataclass(frozen=True)
class Importance:
    """``value`` is the parameter's part in the sum over all; ``chance`` is what 19 of 20 shuffles stay below."""

    key: str
    value: float
    chance: float

    @property
    def beyond_chance(self) -> bool:
        return self.value > self.chance


def importances(sweep: Sweep) -> list[Importance]:
    """The importance of each parameter, greatest first; empty where there are fewer than FEWEST_TRIALS to judge by.

    ``chance`` comes from the same trials with the best drawn among them at random.
    """
    ranked = [trial for trial in sweep.ranked() if trial.status in {"finished", "stopped early"}]
    ranked = [trial for trial in ranked if sweep.best(trial) is not None]
    if len(ranked) < FEWEST_TRIALS:
        return []
    best = np.arange(len(ranked)) < math.ceil(BEST_SHARE * len(ranked))
    generator = np.random.default_rng(0)
    shuffled = [generator.permutation(best) for _ in range(SHUFFLES)]
    found = {}
    for key in sweep.parameters():
        space = sweep.config.get("space", {}).get(key, {})
        cells, categories = _cells([trial.parameters.get(key) for trial in ranked], space)
        size = categories or STEPS
        if size < 2 or len(np.unique(cells)) < 2:
            continue
        numeric = categories is None
        value = divergence(cells, best, size, numeric=numeric)
        by_chance = [divergence(cells, drawn, size, numeric=numeric) for drawn in shuffled]
        found[key] = value, float(np.quantile(by_chance, 0.95))
    total = sum(value for value, _ in found.values()) or 1.0
    made = [Importance(key, value / total, chance / total) for key, (value, chance) in found.items()]
    return sorted(made, key=lambda importance: -importance.value)


def divergence(cells: NDArray[np.int64], best: NDArray[np.bool_], size: int, *, numeric: bool) -> float:
    """Pearson divergence of where the best of ``cells`` (n,) lie from where all do, on a grid of ``size``."""
    density = _numeric_density if numeric else _categorical_density
    top = density(np.bincount(cells[best], minlength=size)) + 1e-12
    every = density(np.bincount(cells, minlength=size)) + 1e-12
    return float(every @ (top / every - 1) ** 2)


def _cells(values: list[Any], space: dict[str, Any]) -> tuple[NDArray[np.int64], int | None]:
    """The grid cell of each value, and how many there are if the parameter is a choice."""
    kind = space.get("kind")
    if kind not in {"uniform", "loguniform"}:
        choices = list(space.get("values", ())) or sorted(set(values), key=repr)
        return np.array([choices.index(value) for value in values]), len(choices)
    scale = np.log if kind == "loguniform" else np.asarray
    low, high = (float(scale(space[end])) for end in ("low", "high"))
    cells = np.ceil((scale(values) - low) / (high - low) * (STEPS - 1) - 0.5).astype(np.int64)
    return np.clip(cells, 0, STEPS - 1), None


def _numeric_density(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """A Parzen estimate on the grid: truncated normals of Scott's width, and one wide one over the whole range."""
    at, total = np.flatnonzero(counts), int(counts.sum())
    weights = counts[at]
    mean = at @ weights / total
    deviation = math.sqrt((at - mean) ** 2 @ weights / max(1, total - 1))
    reached = np.cumsum(weights)
    first = at[np.searchsorted(reached, total // 4, side="left")]
    third = at[min(len(at) - 1, int(np.searchsorted(reached, total * 3 // 4, side="right")))]
    width = max(1.059 * min((third - first) / 1.34, deviation) * total**-0.2, 0.5 / 1.64)
    centres = np.append(at, (len(counts) - 1) / 2)[:, None]
    widths = np.append(np.full(len(at), width), len(counts))[:, None]
    edges = norm.cdf((np.arange(len(counts) + 1) - 0.5 - centres) / widths)
    kernels = np.diff(edges) / (edges[:, -1:] - edges[:, :1])
    density: NDArray[np.float64] = np.append(weights, 1.0) @ kernels / (total + 1)
    return density


def _categorical_density(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """As ``_numeric_density`` of a choice: each value seen, smoothed by one draw from all values alike."""
    at = np.flatnonzero(counts)
    size, kernels_of = len(counts), len(at) + 1
    kernels = np.full((kernels_of, size), 1 / kernels_of)
    kernels[np.arange(len(at)), at] += 1
    kernels /= kernels.sum(1, keepdims=True)
    density: NDArray[np.float64] = np.append(counts[at], 1.0) @ kernels / (counts.sum() + 1)
    return density
