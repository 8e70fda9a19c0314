"""Table 1 of FaceBehaviorNet as printed, and the plainest forms of what is computed with it."""

import numpy as np

# prototypical action units, observational ones with their weights
TABLE: dict[str, tuple[list[int], dict[int, float]]] = {
    "happiness": ([12, 25], {6: 0.51}),
    "sadness": ([4, 15], {1: 0.6, 6: 0.5, 11: 0.26, 17: 0.67}),
    "fear": ([1, 4, 20, 25], {2: 0.57, 5: 0.63, 26: 0.33}),
    "anger": ([4, 7, 24], {10: 0.26, 17: 0.52, 23: 0.29}),
    "surprise": ([1, 2, 25, 26], {5: 0.66}),
    "disgust": ([9, 10, 17], {4: 0.31, 24: 0.26}),
}
NAMES = ["neutral", "anger", "disgust", "fear", "happiness", "sadness", "surprise"]
UNITS = [1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 25, 26]


def units_of(name: str, *, weighted: bool = True) -> dict[int, float]:
    """All action units of an expression with their weights."""
    if name not in TABLE:
        return {}
    prototypical, observational = TABLE[name]
    return dict.fromkeys(prototypical, 1.0) | (observational if weighted else dict.fromkeys(observational, 1.0))


def softmax(values: list[float]) -> list[float]:
    exponentials = [np.exp(value - max(values)) for value in values]
    return [float(value / sum(exponentials)) for value in exponentials]


def sigmoid(value: float) -> float:
    return float(1 / (1 + np.exp(-value)))


def active(*units: int, inactive: tuple[int, ...] = (), rest: int = -1) -> list[int]:
    """Labels of the 17 action units: ``units`` 1, ``inactive`` 0, all others ``rest``."""
    return [1 if unit in units else 0 if unit in inactive else rest for unit in UNITS]
