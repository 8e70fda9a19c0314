"""Categorical cross entropy over compound expressions (FaceBehaviorNet, section 7.5)."""

import torch
from torch import Tensor
from torch.nn import functional

from affect.labels import COMPOUND_EXPRESSIONS, EXPRESSIONS, NO_COMPOUND, NO_EXPRESSION, class_positions
from affect.objectives.term import Batch, MeanTerm
from affect.registry import look_up


class CompoundCrossEntropy(MeanTerm):
    """Mean of -log softmax(logits)[class] over the samples that have one of ``compounds``.

    The class is that of "compound", an index into labels.COMPOUND_EXPRESSIONS; failing that, that of "expression" where
    ``compounds`` names basic expressions too, as EmotioNet's classes do. Both targets may be missing.

    Raises AffectError for a name that is neither a compound nor a basic expression.
    """

    def __init__(self, compounds: tuple[str, ...]) -> None:
        known = dict.fromkeys((*COMPOUND_EXPRESSIONS, *EXPRESSIONS))
        for name in compounds:
            look_up(known, name, "compound or basic expression")
        self.of_compounds = torch.from_numpy(class_positions(COMPOUND_EXPRESSIONS, compounds))
        self.of_expressions = torch.from_numpy(class_positions(EXPRESSIONS, compounds))

    def per_sample(self, outputs: Batch, targets: Batch) -> tuple[Tensor, Tensor]:
        logits = outputs["compound"].double()
        missing = torch.full((len(logits),), NO_COMPOUND, device=logits.device)
        compounds, expressions = (
            table.to(logits.device)[targets.get(name, missing).long()]
            for name, table in (("compound", self.of_compounds), ("expression", self.of_expressions))
        )
        classes = torch.where(compounds != NO_COMPOUND, compounds, expressions)
        values = functional.cross_entropy(logits, classes, ignore_index=NO_EXPRESSION, reduction="none")
        return values, classes != NO_EXPRESSION
