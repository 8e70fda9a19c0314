"""What fully describes a network: kept in model.json, built by ``affect.networks.build``."""

from typing import Literal, Self

from pydantic import Field, PositiveInt, model_validator

from affect.configuration import Configuration
from affect.labels import ACTION_UNITS

Head = Literal["valence_arousal", "expression", "action_units"]


class ArcFace(Configuration):
    """Scale s and margin m (radians) of the ArcFace loss (BMVC 2019, eq 4 and Table 3)."""

    scale: float = Field(default=32.0, gt=0)
    margin: float = Field(default=0.1, ge=0, le=3.1)


class NetworkSpec(Configuration):
    """A composition of encoder and heads; what a network outputs is declared here once."""

    encoder: str
    input_size: int = Field(default=96, ge=32)
    width: float = Field(default=1.0, gt=0)
    """Multiplies the channels; 1.0 is the paper's."""
    fully_connected: tuple[PositiveInt, ...] = ()
    """Units of the layers between the encoder's last map and the heads, before ``width``."""
    embedding: PositiveInt | None = None
    """Size d of an embedding layer before the heads (MT-ArcRes, MT-ArcVGG); not scaled by ``width``."""
    dropout: float = Field(default=0.4, ge=0, lt=1)
    heads: tuple[Head, ...] = ("valence_arousal", "expression", "action_units")
    action_units: tuple[int, ...] = ACTION_UNITS
    arcface: ArcFace | None = None
    """When set, the expression head gives cosines to seven unit vectors instead of logits."""
    sync_batchnorm: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.heads or len(set(self.heads)) < len(self.heads):
            raise ValueError(f"heads must name each output once and at least one, not {list(self.heads)}")
        if list(self.action_units) != [unit for unit in ACTION_UNITS if unit in self.action_units]:
            known = list(ACTION_UNITS)
            raise ValueError(
                f"action_units must be ascending and each once among {known}, not {list(self.action_units)}"
            )
        if "action_units" in self.heads and not self.action_units:
            raise ValueError("the head action_units needs action_units to be named")
        if self.arcface is not None and "expression" not in self.heads:
            raise ValueError("arcface is a form of the expression head, which heads does not name")
        return self
