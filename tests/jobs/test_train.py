"""The train job on a real local Ray: workers together equal one alone, runs resume, faults are told plainly."""

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import safetensors.torch
import torch
from ray.train import RunConfig, UserCallback
from typer.testing import CliRunner

from affect import networks, storage
from affect.errors import AffectError
from affect.models.files import load_model
from affect.networks.spec import ArcFace, NetworkSpec, Recurrent
from affect.training.settings import (
    Augmentation,
    BatchSettings,
    Chain,
    Compute,
    OptimiserSettings,
    Resources,
    Start,
    TrainConfig,
)
from jobs import train as train_job
from jobs.recipes import TRAIN_RECIPES
from tests.made_rows import write_rows

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_cluster")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("rows"))
    write_rows(folder, {"train": 8, "validation": 2, "test": 2})
    return folder


def config(folder: str, **changes: Any) -> TrainConfig:
    network = NetworkSpec(
        encoder="arc-res", input_size=32, width=0.125, embedding=16, dropout=0.0, arcface=ArcFace(scale=16, margin=0.1),
        sync_batchnorm=True,
    )  # fmt: skip
    base = TrainConfig(
        recipe="test",
        data=(folder,),
        network=network,
        optimiser=OptimiserSettings(name="sgd", learning_rate=0.02),
        batch=BatchSettings(size=48),
        augmentation=Augmentation(flip=True, light=0.1),
        resources=Resources(workers=1, cpus_per_worker=1, data_cpus_per_worker=1),
        epochs=1,
    )
    return base.model_copy(update=changes)


def test_two_workers_give_the_parameters_of_one(folder: str, tmp_path: Path) -> None:
    """Same global batches, CCC and ArcFace over the whole batch, batch norm synchronised: the same network."""
    answers = {}
    for workers in (1, 2):
        out = str(tmp_path / str(workers))
        # Few and small steps: rounding differs between the two, and training amplifies it exponentially. By this seed
        # no activation lies so near the kink of its rectifier that rounding decides on which side it is.
        settings = config(
            folder,
            seed=2,
            resources=Resources(workers=workers),
            batch=BatchSettings(size=48, rows_per_epoch=48 * 2),
            optimiser=OptimiserSettings(name="sgd", learning_rate=0.002),
        )
        answers[workers] = train_job.fit(settings, out)
        assert answers[workers]["workers"] == workers
    one, two = (safetensors.torch.load_file(str(tmp_path / n / "model" / "model.safetensors")) for n in "12")
    torch.manual_seed(2)
    start = networks.build(config(folder).network)
    for name, parameter in start.named_parameters():
        moved = torch.linalg.vector_norm(one[name] - parameter)
        apart = torch.linalg.vector_norm(one[name] - two[name])
        assert apart < 0.001 * moved, f"{name}: {apart:.2e} apart after moving {moved:.2e}"
    for name, value in answers[1]["metrics"]["test"].items():
        assert answers[2]["metrics"]["test"][name] == pytest.approx(value, abs=0.05), name
    history = pd.read_parquet(io.BytesIO(storage.read_bytes(str(tmp_path / "2" / "metrics.parquet"))))
    assert history["epoch"].tolist() == [0]
    assert history["train_loss"].notna().all()


class _Break(UserCallback):
    """Ends the run from outside after its first checkpoint, as a killed driver would."""

    def after_report(self, run_context: RunConfig, metrics: list[dict[str, Any]], checkpoint: Any) -> None:
        raise RuntimeError("stopped on purpose")


def test_a_worker_that_reads_by_itself_learns_the_same(folder: str, tmp_path: Path) -> None:
    for reading in (0, 1):
        resources = Resources(workers=1, data_cpus_per_worker=reading)
        settings = config(folder, resources=resources, batch=BatchSettings(size=48, rows_per_epoch=48 * 3))
        train_job.fit(settings, str(tmp_path / str(reading)), local=True)
    alone, streamed = ((tmp_path / n / "model" / "model.safetensors").read_bytes() for n in "01")
    assert alone == streamed


def test_a_stopped_run_goes_on_from_its_checkpoint(folder: str, tmp_path: Path) -> None:
    settings = config(folder, epochs=2)
    whole = train_job.fit(settings, str(tmp_path / "whole"))
    stopped = str(tmp_path / "stopped")
    with pytest.raises(Exception, match="stopped on purpose"):
        train_job.fit(settings, stopped, callbacks=[_Break()])
    assert not storage.exists(storage.join(stopped, "model", "model.json"))
    resumed = train_job.fit(settings, stopped)
    history = pd.read_parquet(io.BytesIO(storage.read_bytes(storage.join(stopped, "metrics.parquet"))))
    assert history["epoch"].tolist() == [0, 1]
    assert resumed["metrics"]["test"] == pytest.approx(whole["metrics"]["test"], abs=1e-9)
    network, description = load_model(resumed["model"])
    assert description.synthetic
    assert network.spec == settings.network


def test_a_loss_that_is_no_number_ends_the_run_and_keeps_its_batch(folder: str, tmp_path: Path) -> None:
    settings = config(folder, optimiser=OptimiserSettings(name="sgd", learning_rate=1e30, clip_norm=None))
    with pytest.raises(AffectError, match="is not finite at epoch 1") as caught:
        train_job.fit(settings, str(tmp_path), local=True)
    (kept,) = (tmp_path / "not-finite").iterdir()
    assert str(kept) in str(caught.value)


def test_the_command_line(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TRAIN_RECIPES, "test", lambda: config(folder))
    arguments = ["test", "--out", str(tmp_path / "run"), "--set", "epochs=1"]
    first = CliRunner().invoke(train_job.app, arguments, catch_exceptions=False)
    assert "valence_ccc" in first.output
    done = (tmp_path / "run" / "DONE").read_bytes()
    left = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"metrics.parquet", "metrics.csv", "steps.parquet", "validation.json", "tensorboard", "report.html"} <= left
    report = (tmp_path / "run" / "report.html").read_text()
    assert "SYNTHETIC DATA" in report
    assert report.count("data:image/jpeg") == len(
        json.loads((tmp_path / "run" / "validation.json").read_text())["examples"]
    )
    again = CliRunner().invoke(train_job.app, arguments, catch_exceptions=False)
    assert again.exit_code == 0
    assert (tmp_path / "run" / "DONE").read_bytes() == done
    assert json.loads(done)["metrics"]["test"].keys() >= {"valence_ccc", "expression_macro_f1", "action_units_f1"}
    with pytest.raises(AffectError, match="epochs: 1 -> 2"):
        CliRunner().invoke(train_job.app, [*arguments[:-1], "epochs=2"], catch_exceptions=False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"resources": Resources(workers=9)}, "asks for 9 workers"),
        ({"resources": Resources(workers=2, gpu=True)}, "1 GPUs, each"),
        ({"batch": BatchSettings(size=3), "resources": Resources(workers=2)}, "too small for 2 workers"),
        ({"data": ()}, "jobs.preprocess"),
    ],
)
def test_what_cannot_be_done_is_said_at_once(
    folder: str, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(AffectError, match=message):
        train_job.fit(config(folder, **changes), str(tmp_path))


def test_a_given_stage_is_not_trained(folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[tuple[str, tuple[str, ...]]] = []

    def train_once(config: TrainConfig, out: str, *callbacks: Any, **how: Any) -> dict[str, Any]:
        trained.append((Path(out).name, tuple(start.model for start in config.start)))
        return {"model": out}

    monkeypatch.setattr(train_job, "train_once", train_once)
    first = config(folder)
    stages = {
        "cnn": first,
        "again": config(folder, start=(Start(model="stage:cnn"),)),
        "last": config(folder, start=(Start(model="stage:again"), Start(model="stage:cnn", parts=("heads",)))),
    }
    chain = Chain(recipe="test", stages=stages, given={"cnn": "s3://store/cnn"})
    run = tmp_path / "run"
    assert train_job.train_chain(chain, str(run)) == {"model": str(run / "last")}
    assert trained == [("again", ("s3://store/cnn",)), ("last", (str(run / "again"), "s3://store/cnn"))]


@pytest.mark.cluster  # two runs: a minute
def test_a_chain_begins_later_stages_with_earlier_ones_and_runs_each_once(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = config(folder, batch=BatchSettings(size=48, rows_per_epoch=96))
    network = first.network.model_copy(update={"arcface": None, "recurrent": Recurrent(units=64)})
    second = first.model_copy(
        update={
            "network": network,
            "start": (Start(model="stage:cnn", parts=("streams.image.encoder", "streams.image.embedding")),),
            "frozen": ("streams.image.encoder",),
            "batch": BatchSettings(size=4, length=10, rows_per_epoch=80),
            "resources": Resources(workers=2),
        }
    )
    chain = Chain(recipe="test", stages={"cnn": first, "cnn-rnn": second})
    answer = train_job.train_chain(chain, str(tmp_path / "run"))
    cnn, rnn = (
        safetensors.torch.load_file(tmp_path / "run" / stage / "model" / "model.safetensors") for stage in chain.stages
    )
    encoder = [name for name in cnn if name.startswith("streams.image.encoder")]
    assert encoder
    for name in encoder:  # frozen: running statistics too
        assert torch.equal(rnn[name], cnn[name]), name
    assert not torch.equal(rnn["streams.image.embedding.1.weight"], cnn["streams.image.embedding.1.weight"])
    assert answer["model"].endswith("cnn-rnn/model")
    assert {"validation", "test"} <= set(answer["metrics"])
    monkeypatch.setattr(train_job, "fit", None)
    (tmp_path / "run" / "DONE").unlink()
    assert train_job.train_chain(chain, str(tmp_path / "run")) == answer


@pytest.mark.cluster  # a run of two workers: half a minute
def test_a_network_that_is_shared_out_leaves_a_whole_model(folder: str, tmp_path: Path) -> None:
    settings = config(
        folder,
        compute=Compute(parallel="shard"),
        resources=Resources(workers=2),
        batch=BatchSettings(size=48, rows_per_epoch=96),
    )
    answer = train_job.fit(settings, str(tmp_path / "run"))
    network, _ = load_model(answer["model"])
    assert answer["workers"] == 2
    torch.manual_seed(0)
    start = networks.build(settings.network).state_dict()
    assert all(not torch.equal(tensor, start[name]) for name, tensor in network.named_parameters())
