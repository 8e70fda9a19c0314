"""Soft co-annotation: action units give a distribution over expressions (FaceBehaviorNet, section 3)."""

import torch
from torch import Tensor

from affect.labels import ACTION_UNITS, EXPRESSIONS, NO_ACTION_UNIT, action_unit_weights
from affect.networks.spec import NetworkSpec
from affect.objectives.arcface import expression_scale
from affect.objectives.settings import SoftCoAnnotation
from affect.objectives.term import Batch, MeanTerm


class SoftCoAnnotationLoss(MeanTerm):
    """Cross entropy of the soft label and the network's expression probabilities.

    Mean over the samples that have a soft label. With ArcFace the probabilities are those of s times the cosines,
    without margin: there is no one class to put it on.
    """

    def __init__(self, settings: SoftCoAnnotation, spec: NetworkSpec) -> None:
        self.weights = torch.from_numpy(action_unit_weights(EXPRESSIONS, ACTION_UNITS, weighted=settings.weighted))
        self.neutral = settings.neutral
        self.scale = expression_scale(spec)

    def per_sample(self, outputs: Batch, targets: Batch) -> tuple[Tensor, Tensor]:
        soft, labelled = self.soft_labels(targets["action_units"])
        logarithms = (self.scale * outputs["expression"].double()).log_softmax(dim=1)
        return -(soft * logarithms).sum(dim=1), labelled

    def soft_labels(self, action_units: Tensor) -> tuple[Tensor, Tensor]:
        """Probabilities (B, 7), float64, from labels (B, 17), and whether a sample has them (B,).

        The softmax of the emotions' scores, each the weighted mean of its annotated action units. What was not
        annotated leaves: an action unit its emotion's mean, an emotion without any its place in the softmax, and a
        sample without any emotion has no soft label. Neutral, which has no row in Table 1, gets 0 or, with ``neutral``,
        takes part with a score of 0.
        """
        annotated = action_units != NO_ACTION_UNIT
        weights = self.weights.to(action_units.device)
        sums = torch.where(annotated, action_units, 0).double() @ weights.T
        totals = annotated.double() @ weights.T
        known = totals > 0
        labelled = known.any(dim=1)
        if self.neutral:
            known = known | (labelled[:, None] & (weights == 0).all(dim=1))
        scores = torch.where(known, sums / torch.where(totals > 0, totals, 1.0), -torch.inf)
        return torch.where(labelled[:, None], scores, 0.0).softmax(dim=1) * labelled[:, None], labelled
