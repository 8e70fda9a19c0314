"""A run without Ray: reads, learns, measures, and goes on from a checkpoint as if never stopped."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from affect import networks
from affect.errors import AffectError
from affect.evaluation.examples import Examples, examples_of
from affect.metrics import FrameMetrics
from affect.networks.inputs import to_input
from affect.networks.spec import ArcFace, NetworkSpec, Recurrent
from affect.training.batches import Collate, Step
from affect.training.following import Follower, StepFacts
from affect.training.index import build_index
from affect.training.loop import LEAVING_STEPS, Learner, load_state, save_state
from affect.training.not_finite import NotFiniteError, save_batch
from affect.training.plan import TrainPlan
from affect.training.reading import Course
from affect.training.settings import Augmentation, BatchSettings, OptimiserSettings, TrainConfig
from affect.training.windows import items_of
from tests.made_rows import write_rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("rows"))
    write_rows(folder, {"train": 12, "validation": 3, "test": 2})
    return folder


def config(folder: str, **changes: Any) -> TrainConfig:
    base = TrainConfig(
        recipe="test",
        data=(folder,),
        network=NetworkSpec(
            encoder="arc-res",
            input_size=32,
            width=0.125,
            embedding=16,
            dropout=0.0,
            arcface=ArcFace(scale=16, margin=0.1),
        ),
        optimiser=OptimiserSettings(name="adam", learning_rate=3e-3),
        batch=BatchSettings(size=48),
        augmentation=Augmentation(light=0.02),
        epochs=2,
    )
    return base.model_copy(update=changes)


def course(config: TrainConfig) -> Course:
    plan = TrainPlan(items_of(config, "train"), config.batch, config.seed)
    validation, test = items_of(config, "validation"), items_of(config, "test")
    centre_rows = config.centre_rows if config.network.arcface else None
    return Course(plan, validation, test, config.epochs, centre_rows, passes_again=config.keep == "best")


def steps(config: TrainConfig, course: Course, epoch: int = 0, step: int = 0) -> Iterator[Step]:
    collate = Collate(config.network.input_size, config.network.takes, config.augmentation, config.seed)
    for read in course.reads(1, epoch, step):
        table = course.read(read, 0, 1)
        for number in range(table.num_rows):
            yield collate(table.slice(number, 1))


def learner(config: TrainConfig, course: Course, report: Callable[[dict[str, Any], bool], None]) -> Learner:
    torch.manual_seed(config.seed)
    network = networks.build(config.network)
    return Learner(config, network, network, torch.device("cpu"), course.train.steps_per_epoch, report)


@pytest.mark.parametrize("arcface", [ArcFace(scale=16, margin=0.1), None], ids=["arcface", "softmax"])
def test_a_narrow_network_learns(folder: str, arcface: ArcFace | None) -> None:
    settings = config(folder, epochs=6)
    settings = settings.model_copy(update={"network": settings.network.model_copy(update={"arcface": arcface})})
    plan = course(settings)
    reports: list[tuple[dict[str, Any], bool]] = []
    run = learner(settings, plan, lambda metrics, ended: reports.append((metrics, ended)))
    run.run(steps(settings, plan))
    assert [metrics["epoch"] for metrics, ended in reports if ended] == list(range(6))
    assert run.history[-1]["train_loss"] < 0.6 * run.history[0]["train_loss"]
    test = run.results["test"].compute()
    assert test["valence_ccc"] > 0.8
    assert test["expression_accuracy"] > 0.5


@pytest.mark.parametrize("stop", [3, 11, 12], ids=["first epoch", "second epoch", "before the last passes"])
def test_a_resumed_run_ends_as_an_undisturbed_one(folder: str, tmp_path: Path, stop: int) -> None:
    """With dropout: what is drawn at random belongs to the step, not to how the run came to it."""
    network = config(folder).network.model_copy(update={"dropout": 0.4})
    settings = config(folder, checkpoint_steps=1, network=network)
    plan = course(settings)
    whole = learner(settings, plan, lambda metrics, ended: None)
    whole.run(steps(settings, plan))

    class Stopped(Exception):  # noqa: N818
        pass

    reports = 0

    def report(metrics: dict[str, Any], ended: bool) -> None:
        nonlocal reports
        reports += 1
        if reports == stop or (stop == 12 and ended and metrics["epoch"] == 1):
            save_state(first.state(), tmp_path)
            raise Stopped

    first = learner(settings, plan, report)
    with pytest.raises(Stopped):
        first.run(steps(settings, plan))
    second = learner(settings, plan, lambda metrics, ended: None)
    second.restore(load_state(tmp_path))
    second.run(steps(settings, plan, second.epoch, second.step))
    for name, value in whole.network.state_dict().items():
        torch.testing.assert_close(second.network.state_dict()[name], value, rtol=0, atol=0, msg=name)
    assert second.results["test"].compute() == whole.results["test"].compute()
    told = [[row["epoch"], row["rows"], row["train_loss"]] for row in second.history]
    assert told == [[row["epoch"], row["rows"], pytest.approx(row["train_loss"], abs=1e-6)] for row in whole.history]


def test_the_average_of_the_weights_is_measured_and_kept(folder: str, tmp_path: Path) -> None:
    average = 0.9
    settings = config(folder, checkpoint_steps=5, epochs=1)
    settings = settings.model_copy(update={"optimiser": settings.optimiser.model_copy(update={"average": average})})
    plan = course(settings)
    seen: list[dict[str, torch.Tensor]] = []
    run = learner(settings, plan, lambda metrics, ended: ended or save_state(run.state(), tmp_path))

    class Watching(Follower):
        def step(self, facts: StepFacts) -> None:
            seen.append({name: one.clone() for name, one in run.network.state_dict().items()})

    run.followers = [Watching()]
    run.run(steps(settings, plan))
    weight = "streams.image.encoder.layers.0.weight"
    expected = seen[0][weight]
    for number, state in enumerate(seen[1:], start=1):
        kept = min(average, (1 + number) / (10 + number))
        expected = kept * expected + (1 - kept) * state[weight]
    torch.testing.assert_close(run.learnt.state_dict()[weight], expected)
    assert not torch.equal(run.network.state_dict()[weight], expected)
    counted = "streams.image.encoder.layers.1.num_batches_tracked"
    assert run.learnt.state_dict()[counted] == len(seen)
    metrics = FrameMetrics(settings.network)
    with torch.inference_mode():
        for step in steps(settings, plan):
            if step.phase == "validation" and step.rows and step.epoch == settings.epochs:
                metrics.update(run.learnt.eval().predict({"image": to_input(step.inputs["image"])}), step.targets)
    assert metrics.compute() == run.results["validation"].compute()
    again = learner(settings, plan, lambda metrics, ended: None)
    again.restore(load_state(tmp_path))
    assert 0 < again.step < plan.train.steps_per_epoch
    again.run(steps(settings, plan, again.epoch, again.step))
    for name, value in run.learnt.state_dict().items():
        torch.testing.assert_close(again.learnt.state_dict()[name], value, rtol=0, atol=0, msg=name)


def test_a_loss_that_is_no_number_ends_the_run_before_it_spoils_the_network(folder: str, tmp_path: Path) -> None:
    settings = config(folder)
    plan = course(settings)
    run = learner(settings, plan, lambda metrics, ended: None)

    run._inputs = lambda step: {"image": to_input(step.inputs["image"]) * (torch.nan if step.step == 2 else 1.0)}
    with pytest.raises(NotFiniteError, match=r"epoch 1, step 3 .*learning_rate") as caught:
        run.run(steps(settings, plan))
    assert run.step == 2
    assert all(parameter.isfinite().all() for parameter in run.network.parameters())
    uri = save_batch(str(tmp_path), caught.value, rank=0)
    kept = safetensors.torch.load_file(uri)
    assert kept["inputs.image"].shape == (settings.batch.size, 32, 32, 3)
    assert len(kept["targets.expression"]) == settings.batch.size


def test_a_checkpoint_is_kept_once_when_a_node_is_about_to_leave(folder: str) -> None:
    settings = config(folder, batch=BatchSettings(size=12), checkpoint_steps=None, epochs=1)
    plan = course(settings)
    assert plan.train.steps_per_epoch > 2 * LEAVING_STEPS
    kept = []
    run = learner(settings, plan, lambda metrics, ended: kept.append((metrics.get("step"), ended)))
    run.leaving = lambda: run.step >= LEAVING_STEPS
    run.run(steps(settings, plan))
    assert kept == [(LEAVING_STEPS, False), (None, True)]


def test_keep_best_returns_to_the_best_epoch(folder: str) -> None:
    settings = config(folder, keep="best", epochs=3, optimiser=OptimiserSettings(learning_rate=3e-3))
    plan = course(settings)
    run = learner(settings, plan, lambda metrics, ended: None)
    kept: list[dict[str, torch.Tensor]] = []
    run.report = lambda metrics, ended: kept.append({k: v.clone() for k, v in run.network.state_dict().items()})
    run.run(steps(settings, plan))
    best = max(range(3), key=lambda epoch: run.history[epoch]["score"])
    weights = {name: value for name, value in run.network.state_dict().items() if not name.endswith("centres")}
    for name, value in weights.items():
        torch.testing.assert_close(value, kept[best][name], rtol=0, atol=0, msg=name)


class Listens(Follower):
    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def step(self, facts: StepFacts) -> None:
        self.told.append(("step", facts.number, facts.epoch, facts.rows))

    def measured(self, split: str, epoch: int, metrics: FrameMetrics, examples: Examples | None) -> None:
        self.told.append(("measured", split, epoch, metrics.compute(), examples and len(examples.chosen())))

    def epoch(self, history: Sequence[Mapping[str, Any]]) -> None:
        self.told.append(("epoch", len(history)))

    def checkpoint(self, seconds: float) -> None:
        self.told.append(("checkpoint",))


def test_followers_are_told_what_happens_in_order(folder: str) -> None:
    settings = config(folder, batch=BatchSettings(size=48, rows_per_epoch=96), checkpoint_steps=1)
    plan = course(settings)
    run = learner(settings, plan, lambda metrics, ended: None)
    listens = Listens()
    run.followers = [listens]
    run.new_examples = examples_of(settings, plan.passes["validation", False].index)
    run.run(steps(settings, plan))
    assert [told[0] for told in listens.told] == [
        *["step", "checkpoint", "step", "measured", "epoch", "checkpoint"] * 2,
        "measured",
        "measured",
    ]
    assert [told[1:] for told in listens.told if told[0] == "step"] == [(1, 0, 48), (2, 0, 48), (3, 1, 48), (4, 1, 48)]
    measured = [told[1:] for told in listens.told if told[0] == "measured"]
    assert [(split, epoch) for split, epoch, *_ in measured] == [
        ("validation", 1),
        ("validation", 2),
        ("validation", 2),
        ("test", 2),
    ]
    assert measured[1][2]["valence_ccc"] == run.history[1]["valence_ccc"]
    assert all(count > 10 for split, *_, count in measured if split == "validation")
    assert measured[-1][-1] is None
    row = run.history[-1]
    assert 0 < row["checkpoint_seconds"] < row["seconds"]
    assert row["passes_seconds"] > 0


def test_crops_of_another_size_are_refused(folder: str) -> None:
    settings = config(folder, network=NetworkSpec(encoder="arc-res", input_size=96, embedding=16, width=0.125))
    with pytest.raises(AffectError, match="alignment.size=96"):
        next(steps(settings, course(settings)))


def test_augmentation_is_that_of_the_place_in_the_global_batch(folder: str) -> None:
    """Two workers together see the very pictures that one sees."""
    settings = config(folder, augmentation=Augmentation(flip=True, shift=0.1, scale=0.1, rotation=10, light=0.3))
    plan = course(settings)
    read = plan.reads(1)[0]
    collate = Collate(32, ["image"], settings.augmentation, settings.seed)
    alone = collate(plan.read(read, 0, 1).slice(1, 1)).inputs["image"]
    halves = [collate(plan.read(read, rank, 2).slice(1, 1)).inputs["image"] for rank in range(2)]
    assert torch.equal(torch.cat(halves), alone)
    plain = Collate(32, ["image"], Augmentation(), settings.seed)(plan.read(read, 0, 1).slice(1, 1))
    assert not torch.equal(plain.inputs["image"], alone)


RECURRENT = {
    "CNN-RNN": {},
    "with landmarks": {"landmarks": True},
    "sound": {"streams": ("sound",)},
    "audio-visual": {"streams": ("image", "sound"), "fusion": Recurrent(units=256)},
}


@pytest.mark.parametrize("name", RECURRENT)
def test_sequences_with_all_that_networks_take(tmp_path: Path, name: str) -> None:
    write_rows(str(tmp_path), {"train": 3, "validation": 1}, landmarks68=True, sound_columns=32)
    form = {"encoder": "arc-res", "input_size": 32, "width": 0.125, "dropout": 0.0, "embedding": 32}
    network = NetworkSpec(**form, recurrent=Recurrent(units=256), **RECURRENT[name])
    batch, augmentation = BatchSettings(size=4, length=10), Augmentation(shift=0.02)
    settings = config(str(tmp_path), network=network, batch=batch, epochs=10, augmentation=augmentation)
    plan = TrainPlan(items_of(settings, "train"), settings.batch, settings.seed)
    whole = Course(plan, items_of(settings, "validation"), None, settings.epochs, None, passes_again=False)
    run = learner(settings, whole, lambda metrics, ended: None)
    fed = list(steps(settings, whole))
    run.run(fed)
    trained = [step for step in fed if step.phase == "train" and step.rows]
    assert set(trained[0].inputs) == set(network.takes)
    assert all(step.inputs["lengths"].sum() == step.rows == step.total for step in trained)
    assert run.history[-1]["train_loss"] < 0.9 * run.history[0]["train_loss"]
    for step in trained[:3] if "sound" in network.takes else []:
        arousal, now = step.targets["valence_arousal"][:, 1], step.inputs["sound"][:, 0, 16].float()
        known = arousal.isfinite()
        assert torch.corrcoef(torch.stack([arousal[known], now[known]]))[0, 1] > 0.8  # half a column beside it at most


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (NetworkSpec(encoder="arc-res", landmarks=True), "landmarks68=true"),
        (NetworkSpec(encoder="arc-res", streams=("sound",)), "has sound"),
    ],
)
def test_rows_that_lack_what_the_network_takes(folder: str, network: NetworkSpec, message: str) -> None:
    with pytest.raises(AffectError, match=message):
        build_index([folder], "train", network)


def test_missing_rows_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match="jobs.preprocess"):
        build_index([str(tmp_path)], "train", NetworkSpec(encoder="arc-res"))
