"""The two scores of the EmotioNet Challenge (FaceBehaviorNet, section 4)."""

from affect.metrics.accuracy import detection_accuracy
from affect.metrics.confusion import ConfusionMatrix
from affect.metrics.detections import DetectionCounts
from affect.metrics.f1 import class_f1, detection_f1, mean_of_defined
from affect.metrics.unweighted_average_recall import unweighted_average_recall


def emotionet_action_units(counts: DetectionCounts) -> float:
    """Average of the mean F1 and the mean accuracy, each over the action units of which it is defined."""
    return (mean_of_defined(detection_f1(counts)) + mean_of_defined(detection_accuracy(counts))) / 2


def emotionet_emotions(matrix: ConfusionMatrix) -> float:
    """Average of the mean F1 over classes and the unweighted average recall."""
    return (mean_of_defined(class_f1(matrix)) + unweighted_average_recall(matrix)) / 2
