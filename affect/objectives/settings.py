"""Which losses a training minimises, and how much each counts."""

from typing import Self

from pydantic import Field, model_validator

from affect.configuration import Configuration
from affect.objectives.registry import TERMS


class ObjectiveSettings(Configuration):
    """The multi-task sum (BMVC 2019, section 3; FaceBehaviorNet, eq 1).

    The expression loss is ArcFace where the network's specification has it, else cross entropy.
    """

    valence_arousal: str = "ccc"
    """"ccc" or "mse"."""
    action_units: str = "sum"
    """Over a sample's annotated action units: "sum" (BMVC) or "mean" (FaceBehaviorNet), 8 to 17 times apart."""
    valence_arousal_weight: float = Field(default=1.0, ge=0)
    """FaceBehaviorNet's lambda_2. No paper prints the weights; BMVC adds the losses, so all are 1 (inferred)."""
    expression_weight: float = Field(default=1.0, ge=0)
    action_units_weight: float = Field(default=1.0, ge=0)
    """FaceBehaviorNet's lambda_1."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        for head, name in (("valence_arousal", self.valence_arousal), ("action_units", self.action_units)):
            if name not in TERMS[head]:
                raise ValueError(f"{head} must be one of {', '.join(TERMS[head])}, not {name!r}")
        return self
