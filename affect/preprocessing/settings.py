"""How frames become crops and sound becomes spectrograms. Travels with every model, in model.json."""

from typing import Any, Literal

from pydantic import Field, field_validator

from affect import storage
from affect.configuration import Configuration

SSH_ONLY = ("weights", "pyramid")
"""Settings of the detector that the others do not look at."""


class DetectorSettings(Configuration):
    """The face detector, the size it looks at, and how often it looks."""

    name: Literal["centerface", "mtcnn", "ssh"] = "centerface"
    weights: str | None = None
    """Of SSH: a path or S3 URI of its file, kept as one that is the same from anywhere. The others have theirs from
    packages."""
    runtime: Literal["opencv", "onnxruntime"] = "opencv"
    """What runs the detector; the results are the same. onnxruntime uses a GPU where it finds one. SSH has torch."""
    size: int = Field(default=640, ge=32)
    """Longer side, in pixels, that a picture is reduced to for detection; smaller pictures stay as they are."""
    pyramid: tuple[float, ...] = Field(default=(1.0,), min_length=1)
    """Of SSH: it looks at the picture once in each of these sizes, as parts or multiples of its own after reduction."""
    score: float = Field(default=0.5, ge=0, le=1)
    """Detections with a lower score are dropped."""
    overlap: float = Field(default=0.3, ge=0, le=1)
    """Of two boxes whose intersection over union is larger, the one with the lower score is dropped."""
    every: int = Field(default=1, ge=1)
    """Of a video, look for faces in each ``every``-th frame and follow them in between; 1 looks at every frame."""

    @field_validator("weights")
    @classmethod
    def _from_anywhere(cls, weights: str | None) -> str | None:
        return storage.absolute(weights) if weights else None


class AlignmentSettings(Configuration):
    """The similarity transform from five landmarks to the crop (BMVC 2019, section 3)."""

    template: Literal["arcface", "fer2013"] = "arcface"
    """Where the landmarks come to lie, one of alignment.TEMPLATES."""
    size: int = Field(default=96, ge=32)
    colour: Literal["rgb", "grey"] = "rgb"
    """Of the crop; grey has three equal channels."""


class SoundSettings(Configuration):
    """The spectrogram (BMVC 2019, section 3): 33 ms windows that overlap by 11 ms, in [-1, 1]."""

    rate: int = 44_100
    window: int = 1_455
    hop: int = 970
    floor_db: float = -80.0
    """Level, relative to a full-scale sine, that maps to -1; 0 dB maps to +1."""
    columns: int = 96
    """Columns of the picture cut for one video frame."""
    causal: bool = False
    """Cut the columns that end at the frame's time instead of those centred on it."""


class Preprocessing(Configuration):
    """All that decides what a network is shown."""

    detector: DetectorSettings = DetectorSettings()
    alignment: AlignmentSettings = AlignmentSettings()
    sound: SoundSettings = SoundSettings()
    landmarks68: bool = False
    """Also find the 68 landmarks, for the networks that take them."""
    given: bool = True
    """Use the crops and the 68 landmarks that come with a corpus; false looks for faces in its pictures anew."""
    jpeg_quality: int = Field(default=95, ge=1, le=100)
    channel_order: Literal["rgb"] = "rgb"

    def decisive(self) -> dict[str, Any]:
        """What of these settings decides the rows; what concerns another detector than the chosen one is left out."""
        data = self.model_dump(mode="json")
        if self.detector.name != "ssh":
            for name in SSH_ONLY:
                del data["detector"][name]
        return data
