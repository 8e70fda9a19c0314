"""What fully describes a network: kept in model.json, built by ``affect.networks.build``."""

from typing import Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from affect.configuration import Configuration
from affect.labels import ACTION_UNITS, COMPOUND_EXPRESSIONS, EXPRESSIONS, VALENCE_AROUSAL, action_unit_label

Head = Literal["valence_arousal", "expression", "action_units", "compound", "identity"]
Stream = Literal["image", "sound"]


class ArcFace(Configuration):
    """Scale s and margin m (radians) of the ArcFace loss (BMVC 2019, eq 4 and Table 3)."""

    scale: float = Field(default=32.0, gt=0)
    margin: float = Field(default=0.1, ge=0, le=3.1)


class Recurrent(Configuration):
    """A recurrent part: what a network remembers from frame to frame."""

    cell: str = "gru"
    """One of networks.recurrent.CELLS."""
    layers: PositiveInt = 2
    units: PositiveInt = 128
    """Of each layer, before ``width``."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Between the layers (IJCV 2019, Table 8)."""
    attention: PositiveInt | None = None
    """How many past outputs attention looks back at (EXT 2018, section IV.A: 32)."""
    attention_input: Literal["features", "gates"] = "gates"
    """How wide attention's input layer is: as the features, as in TensorFlow 1, or no wider than the gates it feeds.

    Only linear maps follow it, so that no more than that many values pass; wider is slower and no more able.
    """
    sequence_length: PositiveInt = 80
    """T of IndRNN's bound 2^(1/T) on its recurrent weights."""


class NetworkSpec(Configuration):
    """A composition of encoder, fully connected and recurrent parts and heads.

    What a network takes and what it outputs are declared here once.
    """

    encoder: str
    """One of networks.ENCODERS."""
    streams: tuple[Stream, ...] = ("image",)
    """What is looked at: crops of faces, pictures of the sound, or both by streams that are alike."""
    input_size: int = Field(default=96, ge=32)
    normalisation: str = "unit"
    """Colour order and range the encoder was made for, one of networks.normalisation.NORMALISATIONS; "unit" is the
    papers', from which published weights depart."""
    width: float = Field(default=1.0, gt=0)
    """Multiplies the channels and units; 1.0 is the paper's."""
    first_stride: Literal[1, 2] = 2
    """Of MT-ArcRes's first convolution; 1 keeps the detail of small pictures, for four times the work in all stages."""
    residual_units: tuple[NonNegativeInt, NonNegativeInt, NonNegativeInt, NonNegativeInt] = (1, 2, 4, 1)
    """Of MT-ArcRes's four stages; SphereFace-20's by default."""
    residual_unit: Literal["sphereface", "resnet"] = "sphereface"
    """MT-ArcRes's reading: SphereFace's unit with PReLU, or ResNet's with ReLU, which is faster on a CPU."""
    pooling: Literal["flatten", "average"] = "flatten"
    """What becomes of the encoder's last map: all its values, or the mean of each channel."""
    landmarks: bool = False
    """Join the 68 landmarks (136 values) to the encoder's features (IJCV 2019, section 4.2.1.2)."""
    fully_connected: tuple[PositiveInt, ...] = ()
    """Units of the layers after the encoder, before ``width``."""
    embedding: PositiveInt | None = None
    """Size d of an embedding layer (MT-ArcRes, MT-ArcVGG, SphereFace-20); not scaled by ``width``."""
    embedding_norm: bool = True
    """Whether batch norm follows the embedding layer."""
    dropout: float = Field(default=0.4, ge=0, lt=1)
    """After each fully connected layer; where there is none, on the encoder's features."""
    recurrent: Recurrent | None = None
    """What each stream ends in; its features are those of the layers before."""
    fusion: Recurrent | None = None
    """What joins two streams (BMVC 2019, Figure 4)."""
    initialisation: str = "he"
    """One of networks.initialisation.INITIALISATIONS."""
    heads: tuple[Head, ...] = ("valence_arousal", "expression", "action_units")
    action_units: tuple[int, ...] = ACTION_UNITS
    compounds: tuple[str, ...] = ()
    """Compound expressions of the head of that name, among labels.COMPOUND_EXPRESSIONS or EXPRESSIONS."""
    identities: tuple[str, ...] = ()
    """Whom the identity head tells apart, as the corpus names them. A training run fills it from its rows."""
    arcface: ArcFace | None = None
    """When set, the expression head gives cosines to seven unit vectors instead of logits."""
    mirrored: bool = False
    """In use, not in training, the features are the mean of those of the picture and of its mirror image."""
    sync_batchnorm: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for name, given in (("heads", self.heads), ("streams", self.streams)):
            if not given or len(set(given)) < len(given):
                raise ValueError(f"{name} must name each once and at least one, not {list(given)}")
        if list(self.action_units) != [unit for unit in ACTION_UNITS if unit in self.action_units]:
            known = list(ACTION_UNITS)
            raise ValueError(
                f"action_units must be ascending and each once among {known}, not {list(self.action_units)}"
            )
        if "action_units" in self.heads and not self.action_units:
            raise ValueError("the head action_units needs action_units to be named")
        unknown = set(self.compounds) - {*COMPOUND_EXPRESSIONS, *EXPRESSIONS}
        if unknown:
            raise ValueError(f"compounds must be names of labels.COMPOUND_EXPRESSIONS, not {sorted(unknown)}")
        if ("compound" in self.heads) != bool(self.compounds):
            raise ValueError("the head compound and the names in compounds come together or not at all")
        if self.arcface is not None and "expression" not in self.heads:
            raise ValueError("arcface is a form of the expression head, which heads does not name")
        if (len(self.streams) > 1) != (self.fusion is not None):
            raise ValueError("fusion joins two streams: name both image and sound in streams, or leave it out")
        if self.landmarks and "image" not in self.streams:
            raise ValueError("landmarks belong to the image stream, which streams does not name")
        return self

    @model_validator(mode="after")
    def _identities_fit(self) -> Self:
        if self.identities and "identity" not in self.heads:
            raise ValueError("identities are the classes of the identity head, which heads does not name")
        if len(set(self.identities)) < len(self.identities):
            raise ValueError("identities must name each person once")
        return self

    @model_validator(mode="after")
    def _forms_fit(self) -> Self:
        for name in ("first_stride", "residual_units", "residual_unit"):
            if self.encoder != "arc-res" and getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name} is of the encoder arc-res, not of {self.encoder}")
        if self.mirrored and self.takes != ["image"]:
            raise ValueError(f"mirrored is of networks that take single pictures of faces, not {', '.join(self.takes)}")
        return self

    def names(self, head: Head) -> tuple[str, ...]:
        """What the values of an output are called, in order; none where there is no such head."""
        if head not in self.heads:
            return ()
        return {
            "valence_arousal": VALENCE_AROUSAL,
            "expression": EXPRESSIONS,
            "action_units": tuple(map(action_unit_label, self.action_units)),
            "compound": self.compounds,
            "identity": self.identities,
        }[head]

    @property
    def takes(self) -> list[str]:
        """What Network.forward needs: the streams, "landmarks" and "lengths" of sequences."""
        landmarks = ["landmarks"] if self.landmarks else []
        return [*self.streams, *landmarks, *(["lengths"] if self.sequential else [])]

    @property
    def sequential(self) -> bool:
        """Whether it takes frames in order, by sequences."""
        return self.recurrent is not None or self.fusion is not None
