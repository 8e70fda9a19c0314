"""What can be chosen about the sample corpus."""

from typing import Literal

from pydantic import Field

from affect.configuration import Configuration


class SampleSettings(Configuration):
    """Size and seed of the sample corpus; the same settings give the same labels and pictures."""

    form: Literal["aff-wild2", "identities"] = "aff-wild2"
    """As Aff-Wild2 lies, with its labels; or pictures in a folder for each person."""
    people: int = Field(default=24, ge=3)
    clips: int = Field(default=50, ge=3)
    seconds: float = Field(default=4.0, gt=0, le=60)
    width: int = Field(default=320, ge=32, multiple_of=2)
    height: int = Field(default=240, ge=32, multiple_of=2)
    fps: int = Field(default=30, ge=1, le=120)
    seed: int = Field(default=0, ge=0)

    @property
    def frames(self) -> int:
        """Frames of one clip."""
        return max(1, round(self.seconds * self.fps))
