"""What fully describes a network: kept in model.json, built by ``affect.networks.build``."""

from typing import Literal

from pydantic import Field

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
    fully_connected: tuple[int, ...] = ()
    """Units of the layers between the encoder's last map and the heads, before ``width``."""
    embedding: int | None = None
    """Size d of an embedding layer before the heads (MT-ArcRes, MT-ArcVGG); not scaled by ``width``."""
    dropout: float = Field(default=0.4, ge=0, lt=1)
    heads: tuple[Head, ...] = ("valence_arousal", "expression", "action_units")
    action_units: tuple[int, ...] = ACTION_UNITS
    arcface: ArcFace | None = None
    """When set, the expression head gives cosines to seven unit vectors instead of logits."""
    sync_batchnorm: bool = False
