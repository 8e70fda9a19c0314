"""The couplings of expressions and action units that an objective asks for (FaceBehaviorNet, section 3)."""

from affect.errors import AffectError
from affect.networks.spec import Head, NetworkSpec
from affect.objectives.binary_cross_entropy import BinaryCrossEntropy
from affect.objectives.co_annotation import CoAnnotatedActionUnits, CoAnnotatedExpressions, IncludedTwice
from affect.objectives.distribution_matching import DistributionMatchingLoss
from affect.objectives.settings import ObjectiveSettings
from affect.objectives.soft_co_annotation import SoftCoAnnotationLoss
from affect.objectives.term import MeanTerm, Term

WeightedTerms = dict[str, tuple[float, Term]]


def couple(terms: WeightedTerms, settings: ObjectiveSettings, spec: NetworkSpec) -> WeightedTerms:
    """``terms`` with the couplings of ``settings``: co-annotation changes losses that are there, the others are new.

    Raises AffectError naming the head that a coupling trains and the network lacks.
    """
    terms = dict(terms)
    if (co := settings.co_annotation) is not None:
        if co.action_units:
            _require("co_annotation.action_units", ("action_units",), spec)
            weight, own = terms["action_units_loss"]
            assert isinstance(own, BinaryCrossEntropy)
            again: MeanTerm = CoAnnotatedActionUnits(own, spec.action_units, negatives=co.negatives)
            terms["action_units_loss"] = weight, IncludedTwice(own, again, co.weight)
        if co.expressions:
            _require("co_annotation.expressions", ("expression",), spec)
            weight, own = terms["expression_loss"]
            assert isinstance(own, MeanTerm)
            terms["expression_loss"] = weight, IncludedTwice(own, CoAnnotatedExpressions(own), co.weight)
    if (soft := settings.soft_co_annotation) is not None:
        _require("soft_co_annotation", ("expression",), spec)
        terms["soft_co_annotation_loss"] = soft.weight, SoftCoAnnotationLoss(soft, spec)
    if (matching := settings.distribution_matching) is not None:
        _require("distribution_matching", ("expression", "action_units"), spec)
        terms["distribution_matching_loss"] = matching.weight, DistributionMatchingLoss(matching, spec)
    return terms


def _require(coupling: str, heads: tuple[Head, ...], spec: NetworkSpec) -> None:
    for head in heads:
        if head not in spec.heads:
            raise AffectError(
                f"{coupling} trains the head {head!r}, which the network does not have (its heads: "
                f"{', '.join(spec.heads)}): add it to the network's heads or turn {coupling} off"
            )
