"""The tune job: what its watch writes down, what it tells the user to type, and a sweep on a real local Ray."""

import json
import os
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import ray
from ray.train import ControllerError, WorkerGroupError
from typer.testing import CliRunner

from affect import storage
from affect.errors import AffectError
from affect.models.files import load_model, locate_model
from affect.networks.spec import ArcFace, NetworkSpec
from affect.runs import RunFolder
from affect.training.settings import BatchSettings, OptimiserSettings, Resources, TrainConfig
from affect.tuning.commands import commands
from affect.tuning.record import read_sweep
from affect.tuning.results import Sweep
from affect.tuning.settings import SweepConfig
from affect.tuning.space import Choice, LogUniform, assignments, draw
from affect.tuning.trials import new_trial, trial_uri
from jobs import tune as tune_job
from jobs import tuning_watch
from jobs.recipes import TRAIN_RECIPES, recipe
from jobs.recipes.bmvc2019_sweeps import arcface
from jobs.recipes.sweeps import SWEEP_RECIPES, sweep_recipe
from jobs.tuning_trial import EPOCHS, explain
from jobs.tuning_watch import Watch, write
from tests.made_rows import write_rows

TOO_MANY = 9
"""Workers that no test cluster has room for."""


def small(folder: str = "/data", **changes: Any) -> SweepConfig:
    """A sweep of two trials over the workers and the learning rate; its second trial cannot start."""
    network = NetworkSpec(
        encoder="arc-res", input_size=32, width=0.125, embedding=16, dropout=0.0, arcface=ArcFace(scale=16, margin=0.1)
    )
    train = TrainConfig(
        recipe="sample/mt-arcres",
        data=(folder,),
        network=network,
        optimiser=OptimiserSettings(name="sgd", learning_rate=0.02),
        batch=BatchSettings(size=24, rows_per_epoch=96),
        resources=Resources(max_failures=0, gpu=False),
        epochs=2,
    )
    space = {
        "resources.workers": Choice(values=(1, TOO_MANY)),
        "optimiser.learning_rate": LogUniform(low=0.01, high=0.1),
    }
    wanted = [1, TOO_MANY]
    seed = next(seed for seed in range(100) if [point["resources.workers"] for point in draw(space, 2, seed)] == wanted)
    base = {"recipe": "test", "train": train, "space": space, "trials": 2, "concurrent": 1, "retries": 0, "best": 0,
            "seed": seed}  # fmt: skip
    return SweepConfig(**(base | changes))


@pytest.mark.ray
@pytest.mark.usefixtures("ray_cluster")
def test_a_worker_knows_its_cluster_whatever_else_runs_on_the_host() -> None:
    @ray.remote(runtime_env={"env_vars": {"RAY_ADDRESS": "127.0.0.1:1"}})
    def told() -> str:
        tune_job.name_the_cluster()
        return os.environ["RAY_ADDRESS"]

    assert ray.get(told.remote()) == ray.get_runtime_context().gcs_address


@pytest.mark.parametrize("name", SWEEP_RECIPES)
def test_every_sweep_starts_from_a_recipe_of_its_name(name: str) -> None:
    config = sweep_recipe(name)
    assert config.recipe == name
    assert config.train.recipe in TRAIN_RECIPES
    assert config.train.network.arcface is not None


def test_the_papers_search_covers_its_table() -> None:
    space = arcface().space
    assert space["optimiser.learning_rate"] == LogUniform(low=1e-5, high=1e-4)
    assert space["network.arcface.margin"].edges() == (0.1, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
    assert {32, 512} <= set(space["network.embedding"].edges())
    assert space["network.arcface.scale"].edges() == (32.0, 64.0)


class Stage:
    """A watch with the events of Tune made by hand."""

    def __init__(self, folder: Path) -> None:
        self.config = small()
        uri = str(folder)
        points = [
            {"resources.workers": 1, "optimiser.learning_rate": 0.05},
            {"resources.workers": TOO_MANY, "optimiser.learning_rate": 0.02},
        ]
        trials = [new_trial(self.config, uri, f"{number:03d}", point) for number, point in enumerate(points)]
        write(Sweep("test", uri, "score", "max", 2, self.config.model_dump(mode="json"), trials=trials))
        self.watch = Watch(self.config, uri)
        self.watch.setup()
        self.trials = [
            SimpleNamespace(
                config={"point": {"name": trial.id, "parameters": trial.parameters}}, trial_id="x", error_file=None
            )
            for trial in trials
        ]

    def result(self, trial: int, epoch: int, score: float, **more: Any) -> None:
        self.watch.on_trial_result(trial=self.trials[trial], result={EPOCHS: epoch, "score": score, **more})


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_the_watch_follows_a_trial_to_its_model(stage: Stage, tmp_path: Path) -> None:
    stage.watch.on_trial_start(trial=stage.trials[0])
    stage.result(0, 1, 0.2)
    record = stage.watch.sweep.trials[0]
    assert (record.status, record.attempts, record.values("score")) == ("running", 1, {1: 0.2})
    history = pd.DataFrame({"epoch": [0, 1], "score": [0.2, 0.3], "train_loss": [2.0, 1.0], "rows": [96, 95]})
    folder = Path(trial_uri(str(tmp_path), "000"))
    folder.mkdir(parents=True)
    history.to_parquet(folder / "metrics.parquet")
    (folder / "DONE").write_text('{"metrics": {"validation": {"score": 0.35}, "test": {"score": 0.3}}}')
    stage.result(0, 2, 0.35, model="/m")
    stage.watch.on_trial_complete(trial=stage.trials[0])
    assert (record.status, record.model, record.result) == ("finished", "/m", 0.35)
    assert record.curve == [
        {"epoch": 1.0, "score": 0.2, "train_loss": 2.0, "rows": 96.0},
        {"epoch": 2.0, "score": 0.3, "train_loss": 1.0, "rows": 95.0},
    ]
    assert record.rows == 191
    assert record.metrics["test"] == {"score": 0.3}
    stage.watch.on_experiment_end()
    assert read_sweep(str(tmp_path)).trials[0] == record


def test_a_trial_that_ends_without_a_model_was_stopped_early(stage: Stage, tmp_path: Path) -> None:
    stage.watch.on_trial_start(trial=stage.trials[0])
    stage.result(0, 1, 0.2)
    stage.watch.on_trial_complete(trial=stage.trials[0])
    assert stage.watch.sweep.trials[0].status == "stopped early"
    # Written at once: a driver that goes on after another died hears no more of a trial that has ended.
    assert read_sweep(str(tmp_path)).trials[0].status == "stopped early"
    assert stage.watch.sweep.winner() is None


def test_a_failed_trial_says_why_and_how_often(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "error.txt"
    file.write_text(
        "Failure # 1 (occurred at 2026-01-01_00-00-00)\nray::f()\njobs.TrialError: first\nold\n"
        "Failure # 2 (occurred at 2026-01-01_00-01-00)\nray::f()\njobs.TrialError: a batch of 1\nlong\ntrace\n"
    )
    trial = stage.trials[1]
    trial.error_file = str(file)
    stage.watch.on_trial_start(trial=trial)
    stage.watch.on_trial_recover(trial=trial)
    record = stage.watch.sweep.trials[1]
    assert record.status == "waiting"
    stage.watch.on_trial_start(trial=trial)
    stage.watch.on_trial_error(trial=trial)
    assert (record.status, record.attempts, record.reason, record.trace) == ("failed", 2, "a batch of 1", "long\ntrace")
    file.write_text("Failure # 1 (occurred at 2026-01-01_00-00-00)\nThe actor died unexpectedly.\n\tclass_name: F\n")
    stage.watch.on_trial_error(trial=trial)
    assert record.reason == "The actor died unexpectedly."


def test_the_report_is_written_at_most_every_few_seconds(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    now, written = [1000.0], []
    monkeypatch.setattr(tuning_watch.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(tuning_watch, "write", lambda sweep: written.append(now[0]))
    stage.watch.setup()
    stage.watch.on_trial_start(trial=stage.trials[0])
    for second in range(1, 31):
        now[0] = 1000.0 + second
        stage.result(0, second, 0.1)
    assert written == [1011.0, 1022.0]
    record = stage.watch.sweep.trials[0]
    assert record.seconds == pytest.approx(30)
    assert (record.cpu_hours, record.gpu_hours) == (pytest.approx(30 / 3600), 0)
    assert stage.watch.sweep.seconds == pytest.approx(22)


@pytest.mark.parametrize(
    ("error", "first"),
    [
        (AffectError("the thing:\n  mend it"), "the thing: mend it"),
        (ValueError("no\ngood"), "ValueError: no good"),
        (WorkerGroupError("rank 0: trace", {0: AffectError("in a worker")}), "in a worker"),
        (WorkerGroupError("rank 1: trace", {1: KeyError("x")}), "KeyError: 'x'"),
        (ControllerError(TimeoutError("no room")), "TimeoutError: no room"),
    ],
)
def test_the_reason_is_one_line(error: Exception, first: str) -> None:
    reason, _, whole = explain(error).partition("\n")
    assert reason == first
    assert len(whole) > 0


def test_the_commands_lead_to_the_winner(tmp_path: Path) -> None:
    config = small(folder="/data/it's here")
    winner = new_trial(
        config, "s3://runs/s", "000", {"resources.workers": 1, "optimiser.learning_rate": 0.0123456789012345}
    )
    winner.status, winner.model, winner.result = "finished", "/s/trials/000/model", 0.5
    sweep = Sweep("test", "s3://runs/s", "score", "max", 1, trials=[winner], phase="finished")
    told = commands(sweep, recipe)
    promote, deploy, again = (
        shlex.split(told[title]) for title in ("Promote the winner", "Deploy it", "Train it again")
    )
    assert promote == ["python", "-m", "jobs.promote", "s3://runs/s", "--name", "test", "--store", "s3://runs/models"]
    assert deploy == ["python", "-m", "jobs.deploy", "--name", "test", "--store", "s3://runs/models"]
    assert again[:6] == ["python", "-m", "jobs.train", "sample/mt-arcres", "--out", "s3://runs/s-winner"]
    pairs = list(zip(again[6::2], again[7::2], strict=True))
    assert [value for flag, value in pairs if flag == "--data"] == ["/data/it's here"]
    trained = TRAIN_RECIPES["sample/mt-arcres"]().override([value for flag, value in pairs if flag == "--set"])
    assert trained.model_copy(update={"data": config.train.data}) == config.train.override(
        assignments(winner.parameters)
    )
    sweep.trials = []
    assert commands(sweep, recipe) == {}


@pytest.mark.ray
@pytest.mark.usefixtures("ray_cluster")
def test_data_that_is_not_there_is_told_before_any_trial(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match=r"nowhere; run jobs\.preprocess first"):
        tune_job.search(small(folder=str(tmp_path / "nowhere")), str(tmp_path / "sweep"))


@pytest.mark.ray
@pytest.mark.usefixtures("ray_cluster")
def test_a_sweep_goes_on_after_its_driver_and_a_failed_trial_does_not_sink_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, out = str(tmp_path / "rows"), str(tmp_path / "sweep")
    write_rows(data, {"train": 4, "validation": 2})
    config = small(folder=data)
    monkeypatch.setitem(SWEEP_RECIPES, "test", lambda: config)

    def die(watch: Watch, **info: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(BaseException):  # noqa: B017, PT011, PT012 - Tune wraps it
        patch.setattr(Watch, "on_trial_complete", die)
        with RunFolder(out, config) as run:
            tune_job.search(config, run.uri)
    model = Path(trial_uri(out, "000")) / "model" / "model.safetensors"
    trained = model.stat().st_mtime_ns
    assert not Path(out, "DONE").exists()
    assert not Path(trial_uri(out, "001")).exists()

    arguments = ["test", "--out", out]
    result = CliRunner().invoke(tune_job.app, arguments, catch_exceptions=False)
    assert "winner: 000" in result.output
    sweep = read_sweep(out)
    assert [(trial.id, trial.status) for trial in sweep.ranked()] == [("000", "finished"), ("001", "failed")]
    assert "the run asks for 9 workers" in sweep.trials[1].reason
    assert sweep.trials[0].epochs == 2
    assert sweep.data[0]["synthetic"]
    assert model.stat().st_mtime_ns == trained

    winner = json.loads(storage.read_text(storage.join(out, "winner.json")))
    assert winner["trial"] == "000"
    assert TrainConfig.parse(winner["config"]) == config.train.override(assignments(winner["parameters"]))
    assert locate_model(out) == winner["model"]
    _, description = load_model(winner["model"])
    assert description.settings["optimiser"]["learning_rate"] == winner["parameters"]["optimiser.learning_rate"]
    assert description.metrics["validation/score"] == winner["value"] == sweep.trials[0].result
    page = Path(out, "report.html").read_text()
    assert "the run asks for 9 workers" in page
    assert "SYNTHETIC DATA" in page
    assert pd.read_csv(Path(out, "trials.csv"))["status"].tolist() == ["finished", "failed"]

    done = Path(out, "DONE").read_bytes()
    again = CliRunner().invoke(tune_job.app, arguments, catch_exceptions=False)
    assert "winner: 000" in again.output
    assert Path(out, "DONE").read_bytes() == done
    with pytest.raises(AffectError, match="trials: 2 -> 3"):
        CliRunner().invoke(tune_job.app, [*arguments, "--set", "trials=3"], catch_exceptions=False)


@pytest.mark.ray
@pytest.mark.usefixtures("ray_cluster")
def test_a_sweep_without_a_model_says_why_and_tries_again_when_asked_again(tmp_path: Path) -> None:
    data, out = str(tmp_path / "rows"), str(tmp_path / "sweep")
    write_rows(data, {"train": 1, "validation": 1})
    config = small(folder=data, space={"resources.workers": Choice(values=(TOO_MANY,))}, trials=1, retries=1)
    for attempts in (2, 4):
        with pytest.raises(AffectError, match="left a model:\n  the run asks for 9 workers"):
            tune_job.search(config, out)
        sweep = read_sweep(out)
        assert [(trial.status, trial.attempts) for trial in sweep.trials] == [("failed", attempts)]
        assert sweep.finished
        assert not Path(out, "winner.json").exists()
