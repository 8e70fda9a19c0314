"""Co-annotation: a label of one task stands for labels of the other (FaceBehaviorNet, section 3).

"Include this image twice": a loss is the mean over the images with its own labels and the co-annotated ones together.
An image that has both kinds of labels counts with its own and with those that follow, even where they differ.
"""

import torch
from torch import Tensor

from affect.labels import ACTION_UNITS, EXPRESSIONS, NO_ACTION_UNIT, NO_EXPRESSION, action_unit_weights
from affect.objectives.binary_cross_entropy import BinaryCrossEntropy
from affect.objectives.term import Batch, MeanTerm, Term


class IncludedTwice(Term):
    """The mean over the samples of ``own`` and those of ``again``, the latter ``weight`` times."""

    def __init__(self, own: MeanTerm, again: MeanTerm, weight: float) -> None:
        self.own, self.again, self.weight = own, again, weight

    def sums(self, outputs: Batch, targets: Batch) -> Tensor:
        return self.own.sums(outputs, targets) + self.weight * self.again.sums(outputs, targets)

    def value(self, sums: Tensor) -> Tensor:
        return self.own.value(sums)


class CoAnnotatedActionUnits(MeanTerm):
    """The binary cross entropy with the prototypical and observational action units of a sample's expression active.

    The observational ones' entropies are times their share of annotators. The others are not annotated, as printed
    (footnote 3), or inactive with ``negatives``. Neutral has no row in Table 1 and gives no labels either way.
    """

    def __init__(self, entropy: BinaryCrossEntropy, action_units: tuple[int, ...], *, negatives: bool) -> None:
        self.entropy = entropy
        shares = torch.from_numpy(action_unit_weights(EXPRESSIONS, action_units, weighted=True))
        emotion = torch.tensor([[name != EXPRESSIONS[0]] for name in EXPRESSIONS])
        others = torch.where(emotion, 0 if negatives else NO_ACTION_UNIT, NO_ACTION_UNIT)
        # One more row, to which the index -1 of an expression that was not annotated leads.
        last = torch.full((1, len(action_units)), NO_ACTION_UNIT)
        self.labels = torch.cat([torch.where(shares > 0, 1, others), last])
        self.weights = torch.cat([torch.where(shares > 0, shares, 1.0), torch.ones_like(last)])

    def per_sample(self, outputs: Batch, targets: Batch) -> tuple[Tensor, Tensor]:
        expressions = targets["expression"].long()
        labels, weights = (table.to(expressions.device)[expressions] for table in (self.labels, self.weights))
        return self.entropy.entropies(outputs["action_units"], labels, weights)


class CoAnnotatedExpressions(MeanTerm):
    """An expression loss with the expressions that follow from the samples' action units."""

    def __init__(self, loss: MeanTerm) -> None:
        self.loss = loss

    def per_sample(self, outputs: Batch, targets: Batch) -> tuple[Tensor, Tensor]:
        # Votes are about the expression that was annotated, not the one that follows.
        others = {name: target for name, target in targets.items() if name != "votes"}
        return self.loss.per_sample(outputs, others | {"expression": expressions_of(targets["action_units"])})


def expressions_of(action_units: Tensor) -> Tensor:
    """The expressions (B,) that follow from labels (B, 17) in the order of ACTION_UNITS; -1 where none does.

    An emotion is present if all its prototypical and observational action units are annotated and active; of several
    the one that requires most action units holds, and of equals none. AU11 is in no corpus's labels and thus not
    required of sadness, nor counted: else there would never be a sad image. That labels have no head does not matter.
    """
    required = torch.from_numpy(action_unit_weights(EXPRESSIONS, ACTION_UNITS, weighted=False)).to(action_units.device)
    numbers = required.sum(dim=1)
    active = (action_units == 1).double() @ required.T
    met = torch.where(active == numbers, numbers, 0.0)
    most = met.max(dim=1, keepdim=True).values
    unique = ((met == most).sum(dim=1) == 1) & (most[:, 0] > 0)
    return torch.where(unique, met.argmax(dim=1), NO_EXPRESSION)
