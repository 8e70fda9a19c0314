"""Categorical cross entropy over the seven expressions (BMVC 2019, eq 1)."""

from torch import Tensor
from torch.nn import functional

from affect.labels import NO_EXPRESSION
from affect.objectives.term import Batch, MeanTerm


class CrossEntropy(MeanTerm):
    """Mean of -log softmax(logits)[label] over the samples with an expression."""

    def per_sample(self, outputs: Batch, targets: Batch) -> tuple[Tensor, Tensor]:
        labels = targets["expression"].long()
        logits = self.logits(outputs["expression"].double(), labels)
        values = functional.cross_entropy(logits, labels, ignore_index=NO_EXPRESSION, reduction="none")
        return values, labels != NO_EXPRESSION

    def logits(self, outputs: Tensor, labels: Tensor) -> Tensor:  # noqa: ARG002
        """Logits (B, 7) from the expression head's outputs (B, 7)."""
        return outputs
