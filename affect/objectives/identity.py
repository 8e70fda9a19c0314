"""Categorical cross entropy over people, as face recognition networks are trained (EXT 2018, section III.B)."""

from torch import Tensor
from torch.nn import functional

from affect.labels import NO_IDENTITY
from affect.objectives.term import Batch, MeanTerm


class IdentityCrossEntropy(MeanTerm):
    """Mean of -log softmax(logits)[person] over the samples that show one of the network's identities."""

    def per_sample(self, outputs: Batch, targets: Batch) -> tuple[Tensor, Tensor]:
        logits, people = outputs["identity"].double(), targets["identity"].long()
        values = functional.cross_entropy(logits, people, ignore_index=NO_IDENTITY, reduction="none")
        return values, people != NO_IDENTITY
