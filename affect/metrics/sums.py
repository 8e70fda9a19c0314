"""What FrameMetrics has seen as one vector that adds up: parts of a corpus are joined, or weighed, by sums."""

import numpy as np
from numpy.typing import NDArray

from affect.metrics.accumulator import State
from affect.metrics.frame import FrameMetrics
from affect.metrics.moments import PairedMoments
from affect.networks.spec import Head, NetworkSpec


def to_sums(metrics: FrameMetrics) -> NDArray[np.float64]:
    """Counts, and of valence and arousal sums of values, squares, products and squared errors."""
    parts = []
    for task in metrics.tasks.values():
        state = task.accumulator.state()
        if isinstance(task.accumulator, PairedMoments):
            count, x, y = state["count"], state["prediction_mean"], state["label_mean"]
            parts += [
                np.atleast_1d(count),
                count * x,
                count * y,
                state["prediction_spread"] + count * x**2,
                state["label_spread"] + count * y**2,
                state["joint_spread"] + count * x * y,
                state["squared_error"],
            ]
        else:
            parts.append(state["counts"].ravel())
    return np.concatenate(parts).astype(np.float64)


def columns(spec: NetworkSpec) -> dict[Head, slice]:
    """Which of the sums are of which output."""
    found: dict[Head, slice] = {}
    first = 0
    for head in spec.heads:
        last = first + len(to_sums(FrameMetrics(one_head(spec, head))))
        found[head], first = slice(first, last), last
    return found


def one_head(spec: NetworkSpec, head: Head) -> NetworkSpec:
    """``spec`` as if it had that output alone."""
    return spec.model_copy(update={"heads": (head,)})


def from_sums(spec: NetworkSpec, sums: NDArray[np.float64]) -> FrameMetrics:
    """The FrameMetrics that saw what adds up to ``sums``; values lie in [-1, 1], so few digits are lost."""
    metrics = FrameMetrics(spec)
    left = sums
    for task in metrics.tasks.values():
        accumulator = task.accumulator
        if isinstance(accumulator, PairedMoments):
            quantities = len(accumulator.label_mean)
            count, left = left[0], left[1:]
            x, y, xx, yy, xy, errors = left[: 6 * quantities].reshape(6, quantities)
            left = left[6 * quantities :]
            if count:
                accumulator.merge(_moments(count, x, y, xx, yy, xy, errors))
        else:
            counts, left = left[: accumulator.counts.size], left[accumulator.counts.size :]
            accumulator.counts += np.rint(counts).astype(np.int64).reshape(accumulator.counts.shape)
    return metrics


def _moments(count: float, *sums: NDArray[np.float64]) -> State:
    x, y, xx, yy, xy, errors = (values / count for values in sums)
    return {
        "count": np.array(count),
        "prediction_mean": x,
        "label_mean": y,
        "prediction_spread": count * np.maximum(xx - x**2, 0),
        "label_spread": count * np.maximum(yy - y**2, 0),
        "joint_spread": count * (xy - x * y),
        "squared_error": count * errors,
    }
