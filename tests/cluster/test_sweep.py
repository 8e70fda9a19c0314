"""Sweeps as a user runs them: a driver that is killed while it searches and again while the best are repeated."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from affect.models.files import load_model
from affect.training.settings import TrainConfig
from affect.tuning.results import Sweep
from affect.tuning.space import assignments
from affect.tuning.trials import with_seed
from tests.cluster.conftest import TwoNodes
from tests.cluster.test_two_nodes import until
from tests.made_rows import write_rows

pytestmark = [pytest.mark.ray, pytest.mark.cluster]

DIVERGES = 1e30

RATES = [0.02, 0.05, DIVERGES]

SETTINGS = [
    "train.network.input_size=32",
    "train.network.width=0.0625",
    "train.batch.size=24",
    "train.batch.rows_per_epoch=72",
    "train.centre_rows=64",
    "train.optimiser.clip_norm=null",
    "train.epochs=2",
    "train.follow.examples=false",
    "train.resources.workers=1",
    *assignments({"space": {"optimiser.learning_rate": {"kind": "choice", "values": RATES}}}),
    "search=grid",
    "concurrent=2",
    "retries=1",
    "best=1",
    "seeds=2",
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("rows"))
    write_rows(folder, {"train": 3, "validation": 2})
    return folder


@pytest.fixture(scope="module")
def cluster() -> Iterator[TwoNodes]:
    """One node with room for two trials of two workers."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 8, "object_store_memory": 200 * 2**20})
    yield TwoNodes(made.address)
    made.shutdown()


def tune(rows: str, out: Path, settings: list[str]) -> list[str]:
    return ["jobs.tune", "sample/mt-arcres", "--data", rows, "--out", str(out),
            *(word for setting in settings for word in ("--set", setting))]  # fmt: skip


def record(out: Path) -> Sweep | None:
    file = out / "sweep.json"
    return Sweep.from_json(file.read_text()) if file.exists() else None


def trained(out: Path) -> list[Path]:
    """Models of trials and repeats that are finished."""
    return [file.parent for file in out.glob("trials/**/DONE")]


def kill(job: subprocess.Popen[str], when: Callable[[], bool]) -> None:
    """End the driver itself, as a machine that fails does, once ``when`` holds."""

    def there() -> bool:
        assert job.poll() is None, job.stdout.read()[-4000:] if job.stdout else ""
        return when()

    until(there, 1500)
    os.kill(job.pid, signal.SIGKILL)
    job.wait()


@pytest.mark.timeout(3600)
def test_a_sweep_goes_on_after_its_driver_in_either_phase(cluster: TwoNodes, rows: str, tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    command = tune(rows, out, SETTINGS)
    kill(cluster.start(*command), lambda: len(trained(out)) >= 1)
    early = {folder: (folder / "DONE").stat().st_mtime_ns for folder in trained(out)}

    def one_repeated() -> bool:
        return any(folder.parent.name == "repeats" for folder in trained(out))

    kill(cluster.start(*command), one_repeated)
    late = {folder: (folder / "DONE").stat().st_mtime_ns for folder in trained(out)}
    cluster.run(*command)

    assert {folder: (folder / "DONE").stat().st_mtime_ns for folder in late} == early | late == late
    sweep = record(out)
    assert sweep is not None
    assert sweep.phase == "finished"
    assert sweep.ended_by == ""
    assert sorted(trial.id for trial in sweep.trials) == [f"{number:03d}" for number in range(len(RATES))]
    assert {trial.parameters["optimiser.learning_rate"] for trial in sweep.trials} == set(RATES)
    (failed,) = [trial for trial in sweep.trials if trial.status == "failed"]
    assert failed.parameters["optimiser.learning_rate"] == DIVERGES
    assert "finite" in failed.reason
    assert failed.attempts >= 2
    assert {trial.status for trial in sweep.trials} <= {"finished", "stopped early", "failed"}
    assert all(trial.cpu_hours > 0 for trial in sweep.trials)

    repeated = [trial for trial in sweep.trials if trial.repeats]
    assert len(repeated) == 1
    winner = sweep.winner()
    assert winner is not None
    assert winner in repeated
    told = json.loads((out / "winner.json").read_text())
    assert told["trial"] == winner.id
    assert told["mean"] == max(spread.mean for trial in repeated if (spread := sweep.spread(trial)))
    searched = TrainConfig.parse(winner.config)
    assert searched.optimiser.learning_rate == winner.parameters["optimiser.learning_rate"]
    for repeat in winner.repeats:
        assert repeat.model is not None
        _, description = load_model(repeat.model)
        left = TrainConfig.parse(description.settings)
        assert left == with_seed(searched, repeat.seed)
        assert left.seed != searched.seed
        assert description.metrics["validation/score"] == repeat.result
    assert told["model"] == max(winner.repeats, key=lambda repeat: repeat.result or 0).model
    done = (out / "DONE").stat().st_mtime_ns
    cluster.run(*command)
    assert (out / "DONE").stat().st_mtime_ns == done


@pytest.mark.timeout(1800)
def test_trials_of_two_workers_share_the_room_and_a_budget_ends_the_search(
    cluster: TwoNodes, rows: str, tmp_path: Path
) -> None:
    """Two trials of two workers, and their reading, fill the eight CPUs; none waits for room for ever."""
    out = tmp_path / "sweep"
    settings = [
        setting for setting in SETTINGS if not setting.startswith(("space=", "search=", "concurrent=", "best="))
    ]
    budget = ["space={seed: {kind: choice, values: [0, 1, 2, 3, 4, 5, 6, 7, 8]}}", "trials=9", "samples=150", "best=0",
              "train.resources.workers=2", "search=tpe"]  # fmt: skip
    cluster.run(*tune(rows, out, [*settings, *budget]))
    sweep = record(out)
    assert sweep is not None
    assert sweep.ended_by == "the budget of 150 samples"
    # 144 rows a trial at most: two trials at least and no more than two beyond the budget.
    assert 2 <= len(sweep.trials) <= 4 < sweep.planned
    assert {trial.status for trial in sweep.trials} <= {"finished", "stopped early"}
    assert sum(trial.rows for trial in sweep.trials) >= 150
    assert "2 at a time" in (out / "log.txt").read_text()
    for trial in sweep.trials:
        if trial.status == "finished":
            assert json.loads((Path(trial.uri) / "DONE").read_text())["workers"] == 2
