"""What a dry run counts is what a real network takes, and it tells every fault at once."""

import itertools
import shlex
from pathlib import Path
from typing import Any

import pytest
import torch

from affect.errors import AffectError
from affect.models.files import save_model
from affect.networks import build
from affect.networks.spec import NetworkSpec, Recurrent
from affect.pretrained import SOURCES
from affect.training import dry_run
from affect.training.dry_run import Examination, examine, examine_chain
from affect.training.optimisers import build_optimiser
from affect.training.settings import (
    STAGE,
    BatchSettings,
    Chain,
    OptimiserSettings,
    PretrainedWeights,
    Resources,
    Start,
    TrainConfig,
)
from jobs.recipes import recipe
from tests.made_models import describe, write_model
from tests.made_rows import write_rows
from tests.made_weights import write_source

CNN = NetworkSpec(encoder="arc-res", input_size=32, width=0.125, dropout=0.2)
RNN = CNN.model_copy(update={"recurrent": Recurrent(cell="gru", units=64)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("rows"))
    write_rows(folder, {"train": 3, "validation": 1})
    return folder


def config(folder: str, network: NetworkSpec = CNN, **changes: Any) -> TrainConfig:
    base = TrainConfig(recipe="test", data=(folder,), network=network, batch=BatchSettings(size=24), epochs=2)
    return base.model_copy(update=changes)


@pytest.mark.parametrize("network", [CNN, RNN], ids=["cnn", "cnn-rnn"])
@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
def test_memory_is_what_a_real_step_holds(folder: str, network: NetworkSpec, optimiser: str) -> None:
    batch = BatchSettings(size=24) if network is CNN else BatchSettings(size=6, length=10)
    one = examine(config(folder, network, batch=batch, optimiser=OptimiserSettings(name=optimiser)), timed=False)
    assert not one.faults
    assert one.memory is not None
    real = build(network).train()
    steps = build_optimiser(one.config.optimiser, real.parameters())
    kept: dict[int, torch.Tensor] = {}
    own = {tensor.untyped_storage().data_ptr() for tensor in real.state_dict().values()}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        place = tensor.untyped_storage().data_ptr()
        if place not in own:
            kept[place] = tensor
        return tensor

    rows = one.rows_per_step
    inputs = {"image": torch.rand(rows, 3, 32, 32)}
    if network is RNN:
        inputs["lengths"] = torch.tensor([10] * 6)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        outputs = real(inputs)
        sum(output.sum() for output in outputs.values()).backward()
    steps.step()
    held = sum(tensor.untyped_storage().nbytes() for tensor in kept.values())
    state = sum(value.nbytes for values in steps.state.values() for value in values.values() if value.ndim)
    gradients = sum(parameter.grad.nbytes for parameter in real.parameters())
    assert one.memory.optimiser == state
    assert one.memory.gradients == gradients
    assert one.memory.weights == sum(tensor.nbytes for tensor in real.state_dict().values())
    assert one.memory.activations == pytest.approx(held, rel=0.1)


def test_steps_are_those_of_the_plan_and_time_is_measured(folder: str) -> None:
    from jobs.train import plan_course

    settings = config(folder)
    one = examine(settings)
    course = plan_course(settings)
    assert one.data is not None
    assert one.data.steps == 2 * course.train.steps_per_epoch
    assert one.data.sizes == course.train.sizes
    assert one.parameters == sum(parameter.numel() for parameter in build(CNN).parameters())
    assert one.step_seconds is not None
    assert 0 < one.step_seconds < 600
    assert 2 <= one.measured_rows <= one.rows_per_step


def test_frozen_parts_need_no_gradients_and_keep_no_activations(folder: str) -> None:
    whole = examine(config(folder), timed=False)
    frozen = examine(config(folder, frozen=("streams.image.encoder",)), timed=False)
    assert frozen.trained < whole.trained
    assert frozen.memory.gradients == 4 * frozen.trained
    assert frozen.memory.activations < whole.memory.activations / 2
    assert any("begins at random and stays so" in caution for caution in frozen.cautions)


def test_every_fault_is_told_at_once(folder: str) -> None:
    def no_room(config: TrainConfig) -> None:
        raise AffectError("the run asks for 99 CPUs")

    faulty = config(
        folder,
        CNN.model_copy(update={"input_size": 64}),
        frozen=("streams.image.encodr",),
        start=(Start(model="/nowhere"),),
        pretrained={"image": PretrainedWeights(source="vgg-face", uri="/nowhere.mat")},
        batch=BatchSettings(size=24),
        resources=Resources(workers=13),
    )
    told = "\n".join(examine(faulty, no_room).faults)
    for part in (
        "crops of 32 pixels, the network takes 64", "a batch of 24 rows is too small for 13 workers",
        "did you mean 'streams.image.encoder'", "start /nowhere", "network.encoder=vgg-face", "asks for 99 CPUs",
    ):  # fmt: skip
        assert part in told


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"data": ()}, "no rows of raf-db (no folder given with --data)"),
        ({}, "jobs.preprocess raf-db --root"),
        ({"corpora": ("made",), "validate_on": "test"}, "only of others; divide the training split"),
    ],
)
def test_missing_rows_and_how_to_get_them(folder: str, changes: dict[str, Any], fault: str) -> None:
    one = examine(config(folder, corpora=("raf-db",)).model_copy(update=changes), timed=False)
    assert fault in "\n".join(one.faults)
    assert len(one.faults) == 1
    assert one.memory is not None  # what does not need data is told all the same


def test_some_of_the_corpora_are_enough_and_the_others_are_named(folder: str) -> None:
    one = examine(config(folder, corpora=("made", "disfa")), timed=False)
    assert not one.faults
    assert any("no rows of disfa" in caution for caution in one.cautions)


def test_stages_are_checked_against_the_stages_before(folder: str, tmp_path: Path) -> None:
    wider = CNN.model_copy(update={"width": 0.25})
    chain = Chain(
        recipe="chain",
        stages={
            "first": config(folder),
            "second": config(folder, start=(Start(model=f"{STAGE}first"),)),
            "third": config(folder, wider, start=(Start(model=f"{STAGE}second"),)),
        },
    )
    first, second, third = examine_chain(chain, timed=False)
    assert not first.faults
    assert not second.faults
    assert "has shape" in third.faults[0]
    saved = str(tmp_path / "saved")
    write_model(saved, size=32, network=CNN)
    only, _ = examine_chain(chain.model_copy(update={"given": {"first": saved}}), timed=False)
    assert (only.stage, only.faults) == ("second", [])
    (told, *_) = examine_chain(chain.model_copy(update={"given": {"first": str(tmp_path / "none")}}), timed=False)
    assert told.stage == "first"
    assert "no model in" in told.faults[0]


@pytest.mark.parametrize(
    "name",
    [
        "ijcv2019/vgg-face",
        "ext2018/vggface12-gru",
        "ext2018/resnet1-gru/strategy-i",
        # Chains: the first stage begins with them, and those after it go on from it; or each by itself.
        "ijcv2019/affwildnet-emotiw/fine-tuned",
        "ijcv2019/affwildnet/afew-va",
        "ijcv2019/vgg-face-without-landmarks/afew-va",
        "ext2018/vggface2-gru/strategy-iii",
    ],
)
def test_what_is_told_of_weights_can_be_set_and_fits(tmp_path: Path, name: str) -> None:
    chain = recipe(name)
    stages = list(chain.stages.values()) if isinstance(chain, Chain) else [chain]
    (weights,) = {one for stage in stages for one in stage.weights}
    if weights in SOURCES:
        given = write_source(tmp_path, weights, stages[0].network)
    else:
        before = recipe(weights)
        (*_, made) = before.stages.values() if isinstance(before, Chain) else [before]
        people = made.network.model_copy(update={"identities": ("one", "another")})
        given = str(tmp_path)
        save_model(given, {}, describe(network=people))  # a dry run looks at shapes only
    found = examined(chain)
    told = [caution for one in found for caution in one.cautions if caution.startswith("weights: ")]
    assert len(told) == sum(bool(stage.weights) for stage in stages)
    hints = [caution.partition("; ")[2].replace("FILE", given).replace("RUN", given) for caution in told]
    words = [word for hint in hints for word in shlex.split(hint)]
    sets = [word for option, word in itertools.pairwise(words) if option == "--set"]
    for one in examined(chain.override(sets)):
        assert not [fault for fault in one.faults if not fault.startswith("data: ")]
        assert not [caution for caution in one.cautions if caution.startswith(("weights: ", "frozen: "))]


def examined(config: TrainConfig | Chain) -> list[Examination]:
    return examine_chain(config, timed=False) if isinstance(config, Chain) else [examine(config, timed=False)]


def test_a_step_that_would_take_minutes_is_not_measured(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run, "MEASURED_PRODUCTS", 1e3)
    one = examine(config(folder))
    assert one.step_seconds is None
    assert any("unknown" in caution for caution in one.cautions)
