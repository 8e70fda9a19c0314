"""What a run will need, and everything that stands in its way, told in seconds and without training.

Networks are made on torch's meta device, where tensors have shapes and no values.
"""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from affect import storage
from affect.errors import AffectError
from affect.models.files import WEIGHTS, load_description, locate_model
from affect.networks import Network, build
from affect.networks.inputs import LANDMARK_VALUES
from affect.networks.parts import cnn_parts, freeze, load_parts
from affect.networks.size import measure
from affect.networks.spec import NetworkSpec
from affect.objectives import MultiTask
from affect.pretrained import SOURCES
from affect.pretrained.loading import load_pretrained
from affect.training.identities import with_identities
from affect.training.index import held_corpora
from affect.training.optimisers import build_optimiser
from affect.training.plan import TrainPlan
from affect.training.settings import STAGE, Chain, TrainConfig
from affect.training.windows import Items, items_of

logger = logging.getLogger("affect")

MEASURED_PRODUCTS = 60e9
"""About so many multiply-adds a measured step may cost: a few seconds on one core."""


@dataclass(frozen=True)
class Memory:
    """Bytes on each worker, in float32. Activations are those that the backward pass needs, counted on meta tensors.

    Half precision keeps about half of the activations, which is not reckoned with. What the framework itself takes,
    buffers of the kernels and of DDP come on top and are not estimated.
    """

    weights: int
    gradients: int
    optimiser: int
    activations: int | None
    """None where they could not be counted."""

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimiser + (self.activations or 0)


@dataclass(frozen=True)
class Data:
    """What the plan makes of the rows: items (rows or sequences) of each set, and steps."""

    train: dict[str, int]
    validation: int
    corpora: tuple[str, ...]
    sizes: dict[str, int]
    steps_per_epoch: int
    steps: int


@dataclass
class Examination:
    """One training run: what it needs, what is at fault, what to think about."""

    stage: str
    config: TrainConfig
    faults: list[str] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    data: Data | None = None
    parameters: int = 0
    trained: int = 0
    multiply_adds: int = 0
    """Of one frame, forward."""
    memory: Memory | None = None
    step_seconds: float | None = None
    """On this machine's CPU, one worker with the whole batch; extrapolated from a step of ``measured_rows``."""
    measured_rows: int = 0
    network: Network | None = None
    """On the meta device."""

    @property
    def rows_per_step(self) -> int:
        """Frames of a step over all workers, where sequences are whole."""
        items = sum(self.data.sizes.values()) if self.data else self.config.batch.size
        return items * (self.config.batch.length if self.config.network.sequential else 1)


def examine_chain(
    chain: Chain, check_room: Callable[[TrainConfig], object] | None = None, *, timed: bool = True
) -> list[Examination]:
    """``examine`` each stage that is to be trained; what it begins with is checked against the stages before."""
    networks: dict[str, Network] = {}
    found = []
    for name, config in chain.stages.items():
        if name in chain.given:
            stage = Examination(name, config)
            with _noting(stage, f"given.{name}"):
                networks[name] = _saved(chain.given[name])
            if stage.faults:
                found.append(stage)
            continue
        later = [other for other in chain.stages if name in chain.needed(other)]
        one = examine(config, check_room, stage=name, earlier=networks, later=later, timed=timed)
        if one.network is not None:
            networks[name] = one.network
        found.append(one)
    return found


def examine(
    config: TrainConfig,
    check_room: Callable[[TrainConfig], object] | None = None,
    *,
    stage: str = "",
    earlier: Mapping[str, Network] | None = None,
    later: Sequence[str] = (),
    timed: bool = True,
) -> Examination:
    """Check data, weights, room and shapes of a run; every fault is collected, none is raised.

    ``check_room`` raises AffectError where the cluster cannot give what the run asks for. Of a chain ``earlier`` has
    the networks of the stages before, and ``later`` names those that go on from this one. ``timed`` takes a short step
    on this machine's CPU.
    """
    one = Examination(stage, config)
    with _noting(one, "data"):
        config = one.config = with_identities(config)
    _check_data(one)
    spec = config.network
    if "identity" in spec.heads and not spec.identities:  # who they are is not known yet; two stand for them
        spec = spec.model_copy(update={"identities": ("one", "another")})
        one.cautions.append("the identities are not known without data: the output layer is counted with two")
    with _noting(one, "network"):
        with torch.device("meta"):
            one.network = build(spec)
        _check_begin(one, earlier or {}, later)
        MultiTask(config.objective, spec)
        build_optimiser(config.optimiser, one.network.parameters())
        _count(one, spec)
    if check_room is not None:
        with _noting(one, "resources"):
            check_room(config)
    if timed and one.memory is not None and all(fault.startswith("data: ") for fault in one.faults):
        _time(one, spec)
    return one


def _check_data(one: Examination) -> None:
    config = one.config
    train: Items | None = None
    plan: TrainPlan | None = None
    validation = 0
    with _noting(one, "data"):
        train = items_of(config, "train")
        _check_crops(one, train)
        plan = TrainPlan(train, config.batch, config.seed, config.objective.inferred)
        plan.check_shares(config.resources.workers, config.compute.parts)
    if config.data and train is not None:
        with _noting(one, "data"):
            items = items_of(config, config.validate_on)
            validation = max((len(rows) for rows in items.sets.values()), default=0)
            if not validation:
                heads = " or ".join(config.network.heads)
                one.faults.append(f"data: no row of split {config.validate_on!r} is annotated with {heads}")
    if absent := sorted(set(config.corpora) - set(held_corpora(config.data))):
        where = ", ".join(config.data) or "no folder given with --data"
        told = "; ".join(f"jobs.preprocess {name} --root WHERE_IT_LIES --out ROWS" for name in absent)
        line = f"data: no rows of {', '.join(absent)} ({where}); make them with {told} (docs/corpora.md: who has them)"
        (one.faults if len(absent) == len(config.corpora) else one.cautions).append(line)
        if len(absent) == len(config.corpora):  # said in fewer words before
            one.faults[:] = [fault for fault in one.faults if "no pre-processed rows" not in fault and
                             "no folder of rows" not in fault]  # fmt: skip
    if config.labels:
        one.cautions.append(f"labels: {config.labels}")
    if plan is not None and train is not None:
        one.data = Data(
            train={head: len(rows) for head, rows in plan.sets.items()},
            validation=validation,
            corpora=tuple(name for name, _, _ in train.index.corpora),
            sizes={str(head): size for head, size in plan.sizes.items()},
            steps_per_epoch=plan.steps_per_epoch,
            steps=plan.steps_per_epoch * config.epochs,
        )


def _check_crops(one: Examination, items: Items) -> None:
    """What would be told only when the first picture is decoded."""
    size, made = one.config.network.input_size, items.index.preprocessing
    if "image" in one.config.network.streams and made.alignment.size != size:
        one.faults.append(
            f"data: the rows hold crops of {made.alignment.size} pixels, the network takes {size}: jobs.preprocess "
            f"--set alignment.size={size} into another folder, or --set network.input_size={made.alignment.size}"
        )
    if "sound" in one.config.network.streams and made.sound.columns != size:
        one.faults.append(
            f"data: the rows hold {made.sound.columns} columns of sound, the network takes {size}: jobs.preprocess "
            f"--set sound.columns={size} into another folder"
        )


def _check_begin(one: Examination, earlier: Mapping[str, Network], later: Sequence[str]) -> None:
    """What the network begins with: there, of the right form, its parts named rightly."""
    config, network = one.config, one.network
    assert network is not None
    for start in config.start:
        name = start.model.removeprefix(STAGE)
        with _noting(one, f"start {start.model}"):
            if name == start.model:
                load_parts(network, _saved(start.model), start.parts)
            elif name in earlier:
                load_parts(network, earlier[name], start.parts)
    for stream, weights in config.pretrained.items():
        with _noting(one, f"pretrained.{stream}"):
            load_pretrained(network, weights.source, weights.uri, weights.sha256, stream, parts=config.pretrained_parts)
    with _noting(one, "frozen"):
        freeze(network, config.frozen)
    if config.pretrained or config.start:
        return
    if config.weights:
        one.cautions.append(
            f"weights: the paper's network comes from {' then '.join(config.weights)}, this one begins at random; "
            f"{_where(config, one.stage, later)}"
        )
    if config.frozen:
        one.cautions.append(
            f"frozen: {', '.join(config.frozen)} begins at random and stays so; give pretrained or start"
        )


def _where(config: TrainConfig, stage: str, later: Sequence[str]) -> str:
    """How to have a network begin with what the paper's did; stages that go on from it need its pictures as well."""
    name, prefix = config.weights[0], f"stages.{stage}." if stage else ""
    if name in SOURCES:
        begins = f"'{prefix}pretrained={{{config.network.streams[0]}: {{source: {name}, uri: FILE}}}}'"
        seen = [prefix, *(f"stages.{other}." for other in later)]
        sets = [begins, *(f"{one}network.normalisation={SOURCES[name].normalisation}" for one in seen)]
        return f"{' '.join(f'--set {one}' for one in sets)} (docs/pretrained.md)"
    if name.startswith("pretrain-identity/"):
        parts = ", ".join(cnn_parts(config.network))
        return f"a run of {name} gives it: --set '{prefix}start=[{{model: RUN, parts: [{parts}]}}]'"
    return "the recipe's /staged form trains it first, or start names a model"


def _saved(uri: str) -> Network:
    """The network of a model that is there, on the meta device."""
    folder = locate_model(uri)
    if not storage.exists(storage.join(folder, WEIGHTS)):
        raise AffectError(f"{folder} has no {WEIGHTS}; give a finished run or a whole version of a store")
    with torch.device("meta"):
        return build(load_description(folder).network)


def _count(one: Examination, spec: NetworkSpec) -> None:
    network, optimiser = one.network, one.config.optimiser
    assert network is not None
    tensors = [*network.parameters(), *network.buffers()]
    one.parameters = sum(parameter.numel() for parameter in network.parameters())
    one.trained = sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
    one.multiply_adds = measure(spec).multiply_adds
    states = {"adam": 2, "sgd": 1 if optimiser.momentum else 0}[optimiser.name]
    workers, compute = one.config.resources.workers, one.config.compute
    rows = math.ceil(one.rows_per_step / workers / compute.parts)
    shares = workers if compute.parallel == "shard" else 1
    one.memory = Memory(
        weights=sum(tensor.nbytes for tensor in tensors) // shares,
        gradients=4 * one.trained // shares,
        optimiser=4 * states * one.trained // shares,
        activations=_activations(one, spec, rows),
    )


def _activations(one: Examination, spec: NetworkSpec, rows: int) -> int | None:
    """Bytes kept for the backward pass of ``rows`` frames: inputs and what autograd saves, weights aside."""
    network = one.network
    assert network is not None
    own = {tensor.untyped_storage()._cdata for tensor in [*network.parameters(), *network.buffers()]}  # noqa: SLF001
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        place = tensor.untyped_storage()._cdata  # noqa: SLF001
        if place not in own:
            kept[place] = tensor  # held, so that no other storage takes its place
        return tensor

    try:
        inputs = _inputs(spec, rows, one.config.batch.length, "meta")
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            outputs = network.train()(inputs)
        for tensor in (*inputs.values(), *outputs.values()):
            keep(tensor)
    except (RuntimeError, NotImplementedError) as error:  # an operation that the meta device does not know
        one.cautions.append(f"memory: activations could not be counted ({error})")
        return None
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


def _inputs(spec: NetworkSpec, rows: int, length: int, device: str) -> dict[str, Tensor]:
    side = spec.input_size
    inputs: dict[str, Tensor] = {name: torch.zeros(rows, 3, side, side, device=device) for name in spec.streams}
    if spec.landmarks:
        inputs["landmarks"] = torch.zeros(rows, LANDMARK_VALUES, device=device)
    if spec.sequential:
        whole, rest = divmod(rows, length)
        inputs["lengths"] = torch.tensor([length] * whole + ([rest] if rest else []))
    return inputs


def _time(one: Examination, spec: NetworkSpec) -> None:
    """A step of few rows, forward and backward, and one of the optimiser, after one of each to warm up."""
    rows = int(MEASURED_PRODUCTS / (2 * 3 * one.multiply_adds))
    rows = min(rows, 16, one.rows_per_step)
    if rows < 2:  # batch norm needs two
        one.cautions.append("time: unknown, a step of two frames would take too long to measure here")
        return
    before = torch.get_num_threads()
    torch.set_num_threads(one.config.resources.threads)
    network = build(spec)
    freeze(network, one.config.frozen)
    optimiser = build_optimiser(one.config.optimiser, network.parameters())
    inputs = _inputs(spec, rows, one.config.batch.length, "cpu")
    for _ in range(2):
        began = time.perf_counter()
        outputs = network.train()(inputs)
        torch.stack([value.float().square().mean() for value in outputs.values()]).sum().backward()  # type: ignore[no-untyped-call]
        between = time.perf_counter()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        ended = time.perf_counter()
    one.step_seconds = (between - began) / rows * one.rows_per_step + ended - between
    one.measured_rows = rows
    torch.set_num_threads(before)


class _noting:  # noqa: N801 - used as a function
    """A context in which an AffectError becomes a fault of the examination."""

    def __init__(self, one: Examination, where: str) -> None:
        self.one, self.where = one, where

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if not isinstance(error, AffectError):
            return False
        line = f"{self.where}: {error}"
        if line not in self.one.faults:
            self.one.faults.append(line)
        return True
