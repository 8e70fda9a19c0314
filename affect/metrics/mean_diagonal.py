"""Mean diagonal of the confusion matrix (the default of RAF-DB)."""

from affect.metrics.confusion import ConfusionMatrix
from affect.metrics.unweighted_average_recall import unweighted_average_recall


def mean_diagonal(matrix: ConfusionMatrix) -> float:
    """Mean of the diagonal once rows are shares of their label: the unweighted average recall."""
    return unweighted_average_recall(matrix)
