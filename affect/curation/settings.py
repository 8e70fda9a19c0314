"""What decides which parts of a raw recording become clips."""

from pydantic import Field

from affect.configuration import Configuration
from affect.preprocessing.settings import DetectorSettings


class CurationSettings(Configuration):
    """EXT 2018, section II.C, says what was done by hand, without figures: the figures here are ours."""

    detector: DetectorSettings = DetectorSettings()
    """``every`` is not used: ``looks_per_s`` takes its place."""
    looks_per_s: float = Field(default=6.0, ge=4, le=120)
    """How often faces are looked for. Fewer than 4 would break off a track at each face that is missed once."""
    cut_ratio: float = Field(default=3.0, gt=1)
    """A cut changes the picture this many times as much as the frames around it change (scenedetect's default)."""
    cut_difference: float = Field(default=15.0, gt=0, le=255)
    """And at least this much, as mean difference of hue, saturation and brightness (scenedetect's default)."""
    min_face: float = Field(default=48.0, ge=0)
    """Least size in pixels, the root of the box's area: smaller ones would be more than doubled for crops of 96."""
    background: float = Field(default=0.15, ge=0, le=1)
    """Faces of a smaller part of the area of the largest in their scene are background, such as an audience."""
    min_seen_s: float = Field(default=0.5, ge=0)
    """What is seen for less is taken for a passer-by, or no face."""
    max_gap_s: float = Field(default=2.0, ge=0)
    """Who is not seen for longer, as when turning away, is not joined to who is seen afterwards: another clip."""
    max_shift: float = Field(default=1.5, ge=0)
    """How far, in sizes of the face, somebody may have moved meanwhile."""
    together: float = Field(default=0.5, gt=0, le=1)
    """Two people stay in one clip if both are there for this part of the time in which either is."""
    crowd: float = Field(default=0.25, ge=0, le=1)
    """A scene with more than two people for a larger part of the time in which anybody is there is not used."""
    min_length_s: float = Field(default=3.0, gt=0)
    """Shorter clips are dropped; 3 s is the shortest video of EXT 2018, Table I."""
    trim_faceless: bool = True
    """Clips begin and end with the people in them; otherwise the first and last clip of a scene reach to its ends."""
    fps: int = Field(default=30, ge=1, le=120)
    """EXT 2018, section II.C.2."""
    crf: int = Field(default=18, ge=0, le=51)
    """Quality of the H.264 encoder, 0 the best; with 18 the eye sees no difference."""
