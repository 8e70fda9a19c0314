"""Binary cross entropy over the action units that are annotated (BMVC 2019, eq 2; FaceBehaviorNet, eq 1)."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from affect.labels import NO_ACTION_UNIT, action_unit_columns
from affect.objectives.term import Batch, MeanTerm


class BinaryCrossEntropy(MeanTerm):
    """Mean over the samples that have any of the network's action units annotated.

    A sample's value is the "sum" over its annotated action units (BMVC eq 2) or their "mean" (FaceBehaviorNet eq 1).
    """

    def __init__(self, action_units: tuple[int, ...], reduction: Literal["sum", "mean"]) -> None:
        self.columns = torch.from_numpy(action_unit_columns(action_units))
        self.reduction = reduction

    def per_sample(self, outputs: Batch, targets: Batch) -> tuple[Tensor, Tensor]:
        columns = self.columns.to(targets["action_units"].device)
        return self.entropies(outputs["action_units"], targets["action_units"].index_select(1, columns))

    def entropies(self, logits: Tensor, labels: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """As per_sample, for labels (B, K) of the network's action units and a weight of each of them (B, K).

        The "mean" divides by the number of annotated action units whatever their weights, as the normaliser of
        FaceBehaviorNet eq 1 counts them.
        """
        annotated = labels != NO_ACTION_UNIT
        entropies = functional.binary_cross_entropy_with_logits(
            torch.where(annotated, logits.double(), 0.0), labels.double(), weights, reduction="none"
        )
        values = torch.where(annotated, entropies, 0.0).sum(dim=1)
        if self.reduction == "mean":
            values = values / annotated.sum(dim=1).clamp(min=1)
        return values, annotated.any(dim=1)
