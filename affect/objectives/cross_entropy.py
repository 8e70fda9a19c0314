"""Categorical cross entropy over the seven expressions (BMVC 2019, eq 1)."""

from torch import Tensor
from torch.nn import functional

from affect.labels import NO_EXPRESSION
from affect.objectives.soft_labels import SoftLabels
from affect.objectives.term import Batch, MeanTerm


class CrossEntropy(MeanTerm):
    """Mean of -log softmax(logits)[label] over the samples with an expression.

    With soft labels what is expected of it where the label is drawn by its shares.
    """

    def __init__(self, soft: SoftLabels | None = None) -> None:
        self.soft = soft or SoftLabels()

    def per_sample(self, outputs: Batch, targets: Batch) -> tuple[Tensor, Tensor]:
        labels = targets["expression"].long()
        expressions = outputs["expression"].double()
        if self.soft.hard:
            logits = self.logits(expressions, labels)
            values = functional.cross_entropy(logits, labels, ignore_index=NO_EXPRESSION, reduction="none")
        else:
            values = -(self.soft.shares(targets) * self.logarithms(expressions)).sum(dim=1)
        return values, labels != NO_EXPRESSION

    def logits(self, outputs: Tensor, labels: Tensor) -> Tensor:  # noqa: ARG002
        """Logits (B, 7) from the expression head's outputs (B, 7)."""
        return outputs

    def logarithms(self, outputs: Tensor) -> Tensor:
        """The logarithm of each class's probability (B, 7), each as if the class were the label."""
        return outputs.log_softmax(dim=1)
