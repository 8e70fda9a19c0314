"""The loss of the concordance correlation coefficient (BMVC 2019, eq 3)."""

import torch
from torch import Tensor

from affect.objectives.term import Batch, Term, annotated_valence_arousal

GUARD = 1e-10
"""Added to the denominator: predictions and labels that are one and the same constant have a CCC of 0."""


class ConcordanceLoss(Term):
    """1 - (CCC of valence + CCC of arousal) / 2 over the samples with both, with population (1/N) moments.

    FaceBehaviorNet (below eq 1) prints the denominator as the square root of a sum with squared variances, which would
    be no CCC and not reach 1; BMVC eq 3, the usual definition, is followed for its recipes too.
    """

    def sums(self, outputs: Batch, targets: Batch) -> Tensor:
        predictions, labels, mask = annotated_valence_arousal(outputs, targets)
        moments = [predictions, labels, predictions.square(), labels.square(), predictions * labels]
        return torch.cat([mask.sum(dtype=torch.float64)[None], *(moment.sum(dim=0) for moment in moments)])

    def value(self, sums: Tensor) -> Tensor:
        # Values are of the order of 1 and the sums in float64, so moments about 0 lose nothing that matters.
        count = sums[0]
        x, y, xx, yy, xy = (sums[1:] / count.clamp(min=1)).view(5, 2)
        # The denominator var(x) + var(y) + (x - y)^2, multiplied out.
        ccc = 2 * (xy - x * y) / ((xx + yy - 2 * x * y).clamp(min=0) + GUARD)
        return torch.where(count > 0, 1 - ccc.mean(), 0.0)
