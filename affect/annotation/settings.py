"""What decides how traces become labels."""

from typing import Literal

from pydantic import Field, model_validator

from affect.configuration import Configuration


class AnnotationSettings(Configuration):
    """Defaults are the papers' where they say; see docs/annotation.md."""

    median_filter: int = Field(default=30, ge=1)
    """In frames (EXT 2018, II.D.2); 1 leaves traces as they are, as IJCV 2019 does."""
    choose: Literal["most-correlated", "all", "landmarks"] = "most-correlated"
    """The mean of the most correlated annotators of a video (IJCV 2019, 3.4), the mean of all (EXT 2018), or the one
    annotator most correlated with the landmarks (IJCV 2019, Table 11)."""
    least_annotators: int = Field(default=2, ge=1)
    most_annotators: int = Field(default=4, ge=1)
    reach_s: float = Field(default=1.0, ge=0)
    """How far before a trace's first and after its last time stamp it still counts."""
    delay_s: float = Field(default=0.0, ge=0)
    """How long annotators take to react: a frame gets what was annotated that much later."""
    rate: float | None = Field(default=None, gt=0)
    """Frames a second, where there are no videos to take time stamps from."""
    whole_frames: bool = True
    """A frame's action units are kept only where annotators agree on all of them."""

    @model_validator(mode="after")
    def _ordered(self) -> "AnnotationSettings":
        if self.least_annotators > self.most_annotators:
            raise ValueError("least_annotators is more than most_annotators")
        return self
