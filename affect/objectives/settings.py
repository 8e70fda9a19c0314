"""Which losses a training minimises, and how much each counts."""

from typing import Literal, Self

from pydantic import Field, model_validator

from affect.configuration import Configuration
from affect.networks.spec import Head
from affect.objectives.registry import TERMS
from affect.objectives.soft_labels import SoftLabels
from affect.registry import look_up


class CoAnnotation(Configuration):
    """Labels of one task that follow from the other's; such images are included a second time."""

    action_units: bool = True
    """Expressions give the action units of their emotion."""
    expressions: bool = True
    """Action units give the expression all of whose action units are active."""
    negatives: bool = False
    """Whether the network's action units that are not the emotion's become inactive instead of not annotated."""
    weight: float = Field(default=1.0, ge=0)
    """How much a co-annotated image counts beside one with its own label. Not printed; 1 is inferred."""


class SoftCoAnnotation(Configuration):
    """Action units give a distribution over expressions."""

    weighted: bool = True
    """Whether observational action units count by their share of annotators, as in the worked example, or by 1."""
    neutral: bool = False
    """Whether neutral takes part in the softmax with a score of 0 instead of getting a probability of 0."""
    weight: float = Field(default=1.0, ge=0)
    """Not printed; 1 is inferred."""


class DistributionMatching(Configuration):
    """Predictions of action units match those that follow from the predicted expressions."""

    form: Literal["printed", "bernoulli"] = "printed"
    """Eq 3, which pushes every p to 0, or the cross entropy of two Bernoulli distributions, least at p = q."""
    detached: Literal["none", "p", "q"] = "none"
    """The side that is taken as given: the action units' p or the expressions' q. The paper detaches none."""
    weighted: bool = False
    """p(AU | emotion) of observational action units: 1, or their share of annotators (footnote 4)."""
    normalisation: Literal["equation", "example"] = "equation"
    """Eq 2 divides by the sum of the expressions' probabilities, which is 1; the worked example of AU2 halves it, by
    the number of emotions that have it. The equation is followed: with the example a face that is surely surprised
    would have AU2 with probability 1/2, against p(AU2 | surprised) = 1."""
    weight: float = Field(default=1.0, ge=0)
    """Not printed; 1 is inferred."""


class ObjectiveSettings(Configuration):
    """The multi-task sum (BMVC 2019, section 3; FaceBehaviorNet, eq 1) and the couplings of its tasks, off by default.

    The expression loss is ArcFace where the network's specification has it, else cross entropy.
    """

    valence_arousal: str = "ccc"
    """"ccc" or "mse"."""
    action_units: str = "sum"
    """Over a sample's annotated action units: "sum" (BMVC) or "mean" (FaceBehaviorNet), 8 to 17 times apart."""
    soft_labels: SoftLabels = SoftLabels()
    """Of expressions."""
    valence_arousal_weight: float = Field(default=1.0, ge=0)
    """FaceBehaviorNet's lambda_2. No paper prints the weights; BMVC adds the losses, so all are 1 (inferred)."""
    expression_weight: float = Field(default=1.0, ge=0)
    action_units_weight: float = Field(default=1.0, ge=0)
    """FaceBehaviorNet's lambda_1."""
    compound_weight: float = Field(default=1.0, ge=0)
    identity_weight: float = Field(default=1.0, ge=0)
    co_annotation: CoAnnotation | None = None
    soft_co_annotation: SoftCoAnnotation | None = None
    distribution_matching: DistributionMatching | None = None

    @property
    def inferred(self) -> frozenset[Head]:
        """Heads that couplings train, so that they can learn without a row that has their own label."""
        co, soft, matching = self.co_annotation, self.soft_co_annotation, self.distribution_matching
        heads: dict[Head, bool] = {
            "action_units": bool(co and co.action_units) or matching is not None,
            "expression": bool(co and co.expressions) or soft is not None,
        }
        return frozenset(head for head, trained in heads.items() if trained)

    @model_validator(mode="after")
    def _known(self) -> Self:
        look_up(TERMS["valence_arousal"], self.valence_arousal, "valence-arousal loss")
        look_up(TERMS["action_units"], self.action_units, "action unit loss")
        return self
