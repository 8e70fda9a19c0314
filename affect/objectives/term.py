"""What every loss is: sums over samples, and a function of those sums."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from affect.objectives.world import global_sum

Batch = dict[str, Tensor]


class Term(ABC):
    """A loss of the global batch, however many workers hold it.

    Split in two so that all the terms of an objective share one collective, which every worker takes part in whatever
    labels it holds. Computed in float64: the inputs are a few numbers per sample, and half precision cannot overflow.
    """

    @abstractmethod
    def sums(self, outputs: Batch, targets: Batch) -> Tensor:
        """This worker's sums (k,), float64; k does not depend on the data. Outputs and targets as in MultiTask."""

    @abstractmethod
    def value(self, sums: Tensor) -> Tensor:
        """The loss, a scalar, from the sums over all workers; 0 with zero gradients where no sample has a label."""

    def __call__(self, outputs: Batch, targets: Batch) -> Tensor:
        return self.value(global_sum(self.sums(outputs, targets)))


class MeanTerm(Term):
    """A loss that is the mean of a value over the samples that have a label."""

    @abstractmethod
    def per_sample(self, outputs: Batch, targets: Batch) -> tuple[Tensor, Tensor]:
        """Values (B,), float64, 0 without label, and whether a sample has a label (B,)."""

    def sums(self, outputs: Batch, targets: Batch) -> Tensor:
        values, labelled = self.per_sample(outputs, targets)
        return torch.stack([values.sum(), labelled.sum(dtype=torch.float64)])

    def value(self, sums: Tensor) -> Tensor:
        return sums[0] / torch.where(sums[1] > 0, sums[1], 1.0)


def annotated_valence_arousal(outputs: Batch, targets: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Predictions and labels (B, 2), float64, with 0 where not annotated, and the mask (B,).

    A sample counts when both valence and arousal are annotated.
    """
    labels = targets["valence_arousal"].double()
    mask = labels.isfinite().all(dim=1)
    predictions = outputs["valence_arousal"].double()
    return torch.where(mask[:, None], predictions, 0.0), torch.where(mask[:, None], labels, 0.0), mask
