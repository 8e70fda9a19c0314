"""Streaming joint moments of predictions and labels."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from affect.metrics.accumulator import State


class PairedMoments:
    """Count, means, sums of squared deviations and of products, of k quantities side by side, in float64.

    Parts are joined by the updates of Chan, Golub & LeVeque (1979), which lose no digits to large means.
    """

    def __init__(self, quantities: int) -> None:
        self.count = 0
        self.prediction_mean = np.zeros(quantities)
        self.label_mean = np.zeros(quantities)
        self.prediction_spread = np.zeros(quantities)
        self.label_spread = np.zeros(quantities)
        self.joint_spread = np.zeros(quantities)
        self.squared_error = np.zeros(quantities)

    def update(self, predictions: NDArray[Any], labels: NDArray[Any]) -> None:
        """Both (n, k), with no value missing."""
        if not len(predictions):
            return
        x, y = predictions.astype(np.float64), labels.astype(np.float64)
        dx, dy = x - x.mean(axis=0), y - y.mean(axis=0)
        self.merge(
            {
                "count": np.array(len(x)),
                "prediction_mean": x.mean(axis=0),
                "label_mean": y.mean(axis=0),
                "prediction_spread": (dx**2).sum(axis=0),
                "label_spread": (dy**2).sum(axis=0),
                "joint_spread": (dx * dy).sum(axis=0),
                "squared_error": ((x - y) ** 2).sum(axis=0),
            }
        )

    def state(self) -> State:
        return {name: np.array(value) for name, value in vars(self).items()}

    def merge(self, state: State) -> Self:
        count = int(state["count"])
        if not count:
            return self
        total = self.count + count
        x = state["prediction_mean"] - self.prediction_mean
        y = state["label_mean"] - self.label_mean
        between = self.count * count / total
        self.prediction_spread += state["prediction_spread"] + between * x**2
        self.label_spread += state["label_spread"] + between * y**2
        self.joint_spread += state["joint_spread"] + between * x * y
        self.prediction_mean += x * count / total
        self.label_mean += y * count / total
        self.squared_error += state["squared_error"]
        self.count = total
        return self
