"""Everything that decides a training run, typed and validated."""

from typing import Literal, Self

from pydantic import Field, model_validator

from affect.configuration import Configuration
from affect.networks.spec import Head, NetworkSpec, Stream
from affect.objectives.settings import ObjectiveSettings


class OptimiserSettings(Configuration):
    """Adam with its defaults, or SGD with momentum 0.9 for the ArcFace networks (BMVC 2019, section 4)."""

    name: Literal["adam", "sgd"] = "adam"
    learning_rate: float = Field(default=1e-4, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    """Of SGD only."""
    weight_decay: float = Field(default=0.0, ge=0)
    clip_norm: float | None = None
    """Largest norm of the whole gradient; None leaves it as it is."""


class ScheduleSettings(Configuration):
    """How the learning rate changes over the steps of a run."""

    name: Literal["constant", "exponential", "one-cycle"] = "constant"
    every: int = Field(default=400, ge=1)
    """Exponential: multiply by ``factor`` each this many steps (EXT 2018, section IV.A)."""
    factor: float = Field(default=0.97, gt=0, le=1)
    warm_up: float = Field(default=0.2, ge=0, lt=1)
    """One-cycle: share of the steps in which the rate rises."""


class BatchSettings(Configuration):
    """Batches drawn from the sets of each kind of label together (FaceBehaviorNet, section 6)."""

    size: int = Field(default=256, ge=1)
    """Rows of a step over all sets and workers, shared out so that one epoch exhausts all sets together."""
    sizes: dict[Head, int] | None = None
    """Rows of a step from each set; given instead of being shared out."""
    rows_per_epoch: int | None = Field(default=None, ge=1)
    """End an epoch after this many rows; the next goes on with a new order. None: when the sets are exhausted."""
    window_groups: int = Field(default=32, ge=1)
    """Row groups that are read side by side and shuffled together; more is nearer to a full shuffle."""


class Augmentation(Configuration):
    """Random changes of the crops, the same for any number of workers. The papers name none: off by default."""

    flip: bool = False
    shift: float = Field(default=0.0, ge=0, le=0.5)
    """Largest shift, as a share of the crop's size."""
    scale: float = Field(default=0.0, ge=0, le=0.5)
    rotation: float = Field(default=0.0, ge=0, le=45)
    """Largest rotation in degrees."""
    light: float = Field(default=0.0, ge=0, le=1)
    """Largest relative change of contrast and of brightness."""


class Resources(Configuration):
    """What a run asks of the cluster."""

    workers: int = Field(default=1, ge=1)
    gpu: bool | Literal["auto"] = "auto"
    """One GPU a worker; auto uses them where the cluster has enough."""
    cpus_per_worker: float = Field(default=1.0, gt=0)
    threads: int = Field(default=1, ge=1)
    """Of torch, in each worker on a CPU."""
    data_cpus_per_worker: float = Field(default=1.0, gt=0)
    """What reading may use beside each worker."""
    max_failures: int = Field(default=3, ge=0)
    """How many lost workers or nodes a run survives, each time going on from its last checkpoint."""


class PretrainedWeights(Configuration):
    """Weights from outside; docs/pretrained.md lists the sources and the settings each needs."""

    source: str
    """One of pretrained.SOURCES."""
    uri: str
    sha256: str | None = None
    """Checked when given."""


class TrainConfig(Configuration):
    """One training run."""

    recipe: str
    paper: str = ""
    """Where the experiment is described."""
    data: tuple[str, ...] = ()
    """Folders written by the preprocess job."""
    network: NetworkSpec
    pretrained: dict[Stream, PretrainedWeights] = Field(default_factory=dict)
    """What streams of the network begin with; the others are drawn at random."""
    frozen: tuple[str, ...] = ()
    """Parts of the network that are not trained, by name, such as streams.image.encoder."""
    objective: ObjectiveSettings = ObjectiveSettings()
    optimiser: OptimiserSettings = OptimiserSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    batch: BatchSettings = BatchSettings()
    augmentation: Augmentation = Augmentation()
    resources: Resources = Resources()
    epochs: int = Field(default=10, ge=1)
    seed: int = 0
    checkpoint_steps: int | None = Field(default=None, ge=1)
    """Also keep a checkpoint each this many steps within an epoch."""
    keep: Literal["last", "best"] = "last"
    """Which epoch's weights become the model: the last, or the one with the best validation score."""
    centres: str = "class-means"
    """How an ArcFace network's cluster centres are found, one of evaluation.CENTRES."""
    centre_rows: int = Field(default=2048, ge=7)
    """Training rows from which each epoch's cluster centres are taken; the final ones come from all rows."""

    @model_validator(mode="after")
    def _can_be_fed(self) -> Self:
        if self.network.takes != ["image"]:
            takes = ", ".join(self.network.takes)
            raise ValueError(f"training reads single pictures of faces so far, and this network takes {takes}")
        return self
