"""Everything that decides a training run, typed and validated."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from affect.configuration import Configuration
from affect.networks.spec import Head, NetworkSpec, Stream
from affect.objectives.settings import ObjectiveSettings

Share = Annotated[float, Field(ge=0)]


class OptimiserSettings(Configuration):
    """Adam with its defaults, or SGD with momentum 0.9 for the ArcFace networks (BMVC 2019, section 4)."""

    name: Literal["adam", "sgd"] = "adam"
    learning_rate: float = Field(default=1e-4, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    """Of SGD only."""
    weight_decay: float = Field(default=0.0, ge=0)
    clip_norm: float | None = None
    """Largest norm of the whole gradient; None leaves it as it is."""
    average: float | None = Field(default=None, gt=0, lt=1)
    """What is measured and becomes the model: an exponential moving average of the weights and running statistics, of
    which each step leaves this much, the first ones less (Tarvainen & Valpola 2017, eq 1). None: the weights."""


class ScheduleSettings(Configuration):
    """How the learning rate changes over the steps of a run."""

    name: Literal["constant", "exponential", "one-cycle"] = "constant"
    every: int = Field(default=400, ge=1)
    """Exponential: multiply by ``factor`` each this many steps (EXT 2018, section IV.A)."""
    factor: float = Field(default=0.97, gt=0, le=1)
    warm_up: float = Field(default=0.2, ge=0, lt=1)
    """One-cycle: share of the steps in which the rate rises."""


class BalanceSettings(Configuration):
    """What is rare is drawn more often in an epoch, and nothing is left out. Off by default."""

    expression: float | None = Field(default=None, ge=0, le=1)
    """How far from the natural shares of the classes (0) towards equal ones (1): shares to the power of 1 - this."""
    valence_arousal: Literal["ijcv2019"] | tuple[Share, Share, Share, Share] | None = None
    """Shares of V+A+, V-A+, V+A-, V-A-; "ijcv2019" are the paper's 43, 24, 19 and 14 % (IJCV 2019, section 4.2)."""
    most: float = Field(default=20.0, ge=1)
    """No item is drawn more often in an epoch, even where a share then stays smaller."""


class BatchSettings(Configuration):
    """Batches drawn from the sets of each kind of label together (FaceBehaviorNet, section 6)."""

    size: int = Field(default=256, ge=1)
    """Rows of a step over all sets and workers, shared out so that one epoch exhausts all sets together.

    Of networks that take sequences: sequences of a step.
    """
    sizes: dict[Head, int] | None = None
    """Rows (sequences) of a step from each set; given instead of being shared out."""
    length: int = Field(default=80, ge=1)
    """Frames of a sequence: 80 (EXT 2018, section IV.A), 90 (BMVC 2019, Table 3)."""
    max_gap: int = Field(default=15, ge=0)
    """So many frames without a face a sequence passes over; after a longer gap another begins."""
    rows_per_epoch: int | None = Field(default=None, ge=1)
    """End an epoch after about this many rows; the next goes on with a new order. None: when the sets are exhausted."""
    passes: int = Field(default=1, ge=1)
    """How often an epoch goes through the sets, each time in another order: more is measured and kept less often."""
    balance: BalanceSettings = BalanceSettings()
    window_groups: int = Field(default=32, ge=1)
    """Row groups that are read side by side and shuffled together; more is nearer to a full shuffle."""

    @classmethod
    def of_model(cls, settings: Mapping[str, Any]) -> Self:
        """The ``length`` and ``max_gap`` that a model was trained with, of the settings in its model.json."""
        trained = settings.get("batch", {})
        return cls.parse({name: trained[name] for name in ("length", "max_gap") if name in trained})


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
    erase: float = Field(default=0.0, ge=0, le=0.5)
    """Largest share of the crop's area that a grey rectangle may cover (random erasing, Zhong et al. 2020)."""


class Compute(Configuration):
    """How a step is computed; none of it changes what is learnt but for rounding."""

    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """Of the network in training; the losses are in float64 and the gradients of float16 scaled.

    auto: bfloat16 on GPUs that have it, else float32. Metrics are measured in float32 always.
    """
    channels_last: bool = True
    """Pictures and convolutions in channels-last memory: a sixth to a third faster on a CPU, and what GPUs prefer.

    With ``parallel: shard`` convolutions lie plainly, as fully_shard needs them.
    """
    compile: bool = False
    """Compile the network with torch.compile, which takes minutes before the first step."""
    parts: int = Field(default=1, ge=1)
    """Compute each worker's share of a step in so many parts (gradient accumulation), with the whole batch's gradient.

    For batches whose activations do not fit the memory; each costs one more forward pass.
    """
    parallel: Literal["replicate", "shard"] = "replicate"
    """Every worker holds the whole network (DDP), or its share of it (torch's fully_shard)."""

    @model_validator(mode="after")
    def _together(self) -> Self:
        if self.parallel == "shard" and (self.compile or self.precision == "float16"):
            raise ValueError("parallel=shard goes with precision float32 or bfloat16, without compile")
        return self


class Resources(Configuration):
    """What a run asks of the cluster."""

    workers: int = Field(default=1, ge=1)
    min_workers: int | None = Field(default=None, ge=1)
    """Begin or go on with no fewer than so many workers where the cluster has no room for ``workers`` (elastic).

    Batches and learning rate stay those of the plan, whatever the number. None: always ``workers``.
    """
    grow_seconds: float = Field(default=60.0, gt=0)
    """How often such a run looks for room for more workers; then it goes on from its last checkpoint with them."""
    gpu: bool | Literal["auto"] = "auto"
    """GPUs for the workers; auto uses them where the cluster has enough, or can start nodes that have."""
    gpus_per_worker: float = Field(default=1.0, gt=0)
    """A fraction lets several workers share a GPU."""
    cpus_per_worker: float = Field(default=1.0, gt=0)
    threads: int = Field(default=1, ge=1)
    """Of torch, in each worker on a CPU."""
    data_cpus_per_worker: float = Field(default=1.0, ge=0)
    """What reading may use beside each worker. 0: each worker reads by itself between its steps, without Ray Data:
    for small pictures, and machines whose few cores have other work as well."""
    row_cache_gib: float = Field(default=0.0, ge=0)
    """Keep files of rows that lie on S3 on each node's disk, up to so many GiB; they then come over the network once a
    node, not once an epoch. 0 reads what is wanted of them each time."""
    max_failures: int = Field(default=3, ge=0)
    """How many lost workers or nodes a run survives, each time going on from its last checkpoint.

    Nodes that were reclaimed with notice (spot) do not count.
    """

    @model_validator(mode="after")
    def _elastic(self) -> Self:
        if self.min_workers is not None and self.min_workers > self.workers:
            raise ValueError(f"min_workers {self.min_workers} is more than workers {self.workers}")
        return self


class PretrainedWeights(Configuration):
    """Weights from outside; docs/pretrained.md lists the sources and the settings each needs."""

    source: str
    """One of pretrained.SOURCES."""
    uri: str
    sha256: str | None = None
    """Checked when given."""


class FollowSettings(Configuration):
    """What a run tells and leaves while it goes on; docs/following.md."""

    steps: int = Field(default=10, ge=1)
    """Losses are read and told as means over so many steps; to read them is to wait for the device."""
    tensorboard: bool = True
    """Write RUN/tensorboard/."""
    mlflow: str | None = None
    """URI of an MLflow tracking server or database to record the run in as well."""
    experiment: str = "affect-on-ray"
    """The experiment of MLflow that the run belongs to."""
    examples: bool | Literal["synthetic"] = "synthetic"
    """Whether the report shows pictures of the validation split.

    By default only where all of them are synthetic: the licences of the corpora do not let faces be passed on.
    """


STAGE = "stage:"
"""Before the name of an earlier stage, in place of a model's URI."""


class Start(Configuration):
    """A trained model that parts of the network begin with."""

    model: str
    """URI of a model, a train run or a version in a store; in a chain also ``stage:`` and an earlier stage's name."""
    parts: tuple[str, ...] = ("streams",)
    """What is taken from it, by name, such as streams.image.encoder."""


CHANGEABLE = frozenset({"resources", "compute", "follow"})
"""Of a run's settings: with more or fewer workers, computed or followed otherwise, what it learns is the same."""


class TrainConfig(Configuration):
    """One training run."""

    changeable: ClassVar[frozenset[str]] = CHANGEABLE

    recipe: str
    paper: str = ""
    """Where the experiment is described."""
    tables: tuple[str, ...] = ()
    """Tables of the paper that print its result."""
    data: tuple[str, ...] = ()
    """Folders written by the preprocess job."""
    corpora: tuple[str, ...] = ()
    """Of the corpora in ``data`` those that are used, by their names in jobs.preprocess; none named: all."""
    labels: str = ""
    """How the labels must be made, where that is not as the corpus gives them."""
    validate_on: Literal["validation", "test"] = "validation"
    """The split measured after each epoch; "test" is the held-out fold of a cross-validation, which has no third."""
    network: NetworkSpec
    weights: tuple[str, ...] = ()
    """What the paper's encoder comes from, in order: a source of affect.pretrained, a recipe's run, or a corpus. It is
    only told: ``pretrained`` or ``start`` gives it."""
    pretrained: dict[Stream, PretrainedWeights] = Field(default_factory=dict)
    """What streams of the network begin with; the others are drawn at random."""
    pretrained_parts: Literal["all", "encoder"] = "all"
    """What is taken of ``pretrained``: the encoder, and of "all" fully connected layers too, as far as they fit."""
    start: tuple[Start, ...] = ()
    """Trained models that parts of the network begin with; its heads are new unless they are named."""
    frozen: tuple[str, ...] = ()
    """Parts of the network that are not trained, by name, such as streams.image.encoder."""
    objective: ObjectiveSettings = ObjectiveSettings()
    optimiser: OptimiserSettings = OptimiserSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    batch: BatchSettings = BatchSettings()
    augmentation: Augmentation = Augmentation()
    compute: Compute = Compute()
    resources: Resources = Resources()
    epochs: int = Field(default=10, ge=1)
    seed: int = 0
    checkpoint_steps: int | None = Field(default=1000, ge=1)
    """Also keep a checkpoint each this many steps within an epoch; None keeps one at each epoch's end only."""
    keep: Literal["last", "best"] = "last"
    """Which epoch's weights become the model: the last, or the one with the best validation score."""
    centres: str = "class-means"
    """How an ArcFace network's cluster centres are found, one of evaluation.CENTRES."""
    centre_rows: int = Field(default=2048, ge=7)
    """Training rows from which each epoch's cluster centres are taken; the final ones come from all rows."""
    follow: FollowSettings = FollowSettings()

    @model_validator(mode="after")
    def _averaged_whole(self) -> Self:
        if self.optimiser.average is not None and self.compute.parallel == "shard":
            raise ValueError("optimiser.average is of whole networks; it goes with compute.parallel=replicate")
        return self


class Chain(Configuration):
    """Training runs one after the other, of which later ones begin with what earlier ones made."""

    changeable: ClassVar[frozenset[str]] = CHANGEABLE

    recipe: str
    paper: str = ""
    tables: tuple[str, ...] = ()
    stages: dict[str, TrainConfig]
    """One that is set to null is left out."""
    given: dict[str, str] = Field(default_factory=dict)
    """Stages that are not trained, since their models are there: URIs as in Start.model, by stage."""

    @field_validator("stages", mode="before")
    @classmethod
    def _without_null(cls, stages: Any) -> Any:
        return {key: one for key, one in stages.items() if one is not None} if isinstance(stages, dict) else stages

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        earlier: list[str] = []
        for name, stage in self.stages.items():
            for start in stage.start:
                needed = start.model.removeprefix(STAGE)
                if start.model.startswith(STAGE) and needed not in earlier:
                    raise ValueError(f"stage {name} begins with stage {needed!r}, which is not before it")
            earlier.append(name)
        if unknown := sorted(set(self.given) - set(earlier)):
            raise ValueError(f"given names {', '.join(unknown)}; the stages are {', '.join(earlier)}")
        if earlier and earlier[-1] in self.given:
            raise ValueError(f"the last stage, {earlier[-1]}, is given: there is nothing to train")
        return self

    def override(self, assignments: Iterable[str]) -> Self:
        """As ``Configuration.override``; a key that is none of the chain's is set in every stage."""
        given = list(assignments)
        own = [one for one in given if re.split(r"[.=]", one.strip(), maxsplit=1)[0] in type(self).model_fields]
        of_every_stage = [one for one in given if one not in own]
        stages = {name: stage.override(of_every_stage) for name, stage in self.stages.items()}
        return super(Chain, self.model_copy(update={"stages": stages})).override(own)

    def needed(self, stage: str) -> list[str]:
        """The stages that ``stage`` begins with, and those that they begin with, in order."""
        found: list[str] = []
        for start in self.stages[stage].start:
            name = start.model.removeprefix(STAGE)
            if name != start.model:
                found += [*self.needed(name), name]
        return [name for name in self.stages if name in found]

    def started(self, stage: str, trained: Callable[[str], str]) -> TrainConfig:
        """``stage`` with URIs in place of earlier stages: ``trained(name)`` of those trained, or what is given."""
        config = self.stages[stage]
        start = tuple(
            one.model_copy(update={"model": self.given.get(name) or trained(name)})
            if (name := one.model.removeprefix(STAGE)) != one.model
            else one
            for one in config.start
        )
        return config.model_copy(update={"start": start})
