"""Everything that decides how a detector is trained, typed and validated."""

from typing import ClassVar, Self

from pydantic import Field, field_validator, model_validator

from affect import storage
from affect.configuration import Configuration
from affect.detection.scenes import SceneSettings
from affect.faces.ssh.spec import SSHSpec
from affect.training.settings import CHANGEABLE, Compute, OptimiserSettings, Resources, ScheduleSettings


class WiderSettings(Configuration):
    """A folder in the form of WIDER FACE: the corpus, or frames marked by another detector (jobs.label_clips)."""

    root: str
    landmarks: bool = True
    """Read label.txt, which has the landmarks, in place of the corpus's own list."""

    @field_validator("root")
    @classmethod
    def _from_anywhere(cls, root: str) -> str:
        return storage.absolute(root)


class DetectionAugmentation(Configuration):
    """How pictures of other sizes become those of a step: a square of each, mirrored half of the time (SSH, 4.1)."""

    smallest: float = Field(default=0.3, gt=0, le=1)
    """The square's side is at least so much of the picture's shorter side, and at most all of it."""
    flip: bool = True
    light: float = Field(default=0.2, ge=0, le=1)
    """Largest relative change of contrast and of brightness."""
    least: float = Field(default=6.0, ge=0)
    """Faces whose shorter side is of fewer pixels than this are ignored."""


class DetectionObjective(Configuration):
    """Which anchors are learnt from, and how much each part of the loss counts; the authors' numbers by default."""

    positive: float = Field(default=0.5, gt=0, le=1)
    """An anchor with at least this intersection over union is to find the face."""
    negative: float = Field(default=0.3, ge=0, le=1)
    """One with less is background."""
    forced: bool = False
    """Give every face the anchor that is best for it, however little they share."""
    allowed_border: tuple[int, int, int] = (0, 0, 512)
    """By so many pixels anchors of M1, M2 and M3 may leave the picture; others take no part."""
    examples: int = Field(default=256, ge=2)
    """Anchors of each picture and module that a step learns from: the hardest."""
    faces: float = Field(default=0.25, gt=0, lt=1)
    """Most of these that may be faces."""
    box_weight: float = Field(default=1.0, ge=0)
    landmarks_weight: float = Field(default=1.0, ge=0)
    landmarks_sigma: float = Field(default=3.0, gt=0)
    """Smooth L1 is quadratic up to 1 / sigma ** 2 of an anchor's side; a larger one goes on pulling near the mark."""


class DetectorConfig(Configuration):
    """One training run of a detector."""

    changeable: ClassVar[frozenset[str]] = CHANGEABLE

    recipe: str
    paper: str = ""
    network: SSHSpec = SSHSpec(sync_batchnorm=True)
    backbone_weights: str | None = None
    """torchvision's file of the backbone trained on ImageNet, a path or S3 URI; None begins at random."""
    weights: str | None = None
    """Of a trained SSH of the same network, to begin with: a run's ssh.safetensors, a path or S3 URI."""
    frozen: tuple[str, ...] = ()
    """Parts of the network that are not trained, by name, such as maps.to_conv4.0."""
    wider: tuple[WiderSettings, ...] = ()
    scenes: SceneSettings | None = None
    scenes_per_epoch: int = Field(default=4096, ge=1)
    """Every epoch has others."""
    side: int = Field(default=640, ge=64, multiple_of=32)
    """Of the square pictures that are learnt from; scenes are composed in it."""
    augmentation: DetectionAugmentation = DetectionAugmentation()
    batch: int = Field(default=8, ge=1)
    """Pictures of a step, of all workers."""
    objective: DetectionObjective = DetectionObjective()
    optimiser: OptimiserSettings = OptimiserSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    compute: Compute = Compute()
    resources: Resources = Resources()
    epochs: int = Field(default=10, ge=1)
    seed: int = 0
    checkpoint_steps: int | None = Field(default=500, ge=1)
    """Also keep a checkpoint each this many steps within an epoch; None keeps one at each epoch's end only."""
    validation_pictures: int = Field(default=500, ge=1)
    """Of each set so many at most are looked at after each epoch: of WIDER FACE the first, of scenes those held out."""
    validation_size: int = Field(default=1024, ge=32)
    """Longer side that pictures are reduced to for that."""

    @field_validator("backbone_weights", "weights")
    @classmethod
    def _from_anywhere(cls, weights: str | None) -> str | None:
        return storage.absolute(weights) if weights else None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.scenes is not None and (self.scenes.width, self.scenes.height) != (self.side, self.side):
            raise ValueError(f"set scenes.width and scenes.height to side={self.side}: scenes are composed in it")
        if self.compute.parts != 1 or self.compute.parallel != "replicate":
            raise ValueError("a detector is trained with compute.parts=1 and compute.parallel=replicate")
        unread = {
            "optimiser.average": self.optimiser.average is not None,
            "resources.row_cache_gib": self.resources.row_cache_gib > 0,
        }
        if given := [name for name, is_given in unread.items() if is_given]:
            raise ValueError(f"a detector is trained without {' and '.join(given)}: leave that out")
        if self.weights is not None and self.backbone_weights is not None:
            raise ValueError("give weights, which hold the backbone's, or backbone_weights")
        if self.resources.workers > self.batch:
            raise ValueError(f"{self.resources.workers} workers cannot share {self.batch} pictures: raise batch")
        return self
