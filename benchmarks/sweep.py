"""Trials of one sweep against the same trainings as plain processes; on both sides two at a time, one thread each.

The plain side is the harder of the honest ones: a bare torch loop with no Ray in it, a process a training, over steps
that are in memory already; it takes as many steps as a trial and measures the same validation rows after each epoch.
ASHA stops nothing and nothing is repeated, so that every trial is trained to its end; they differ in learning rate.

What is compared is the time of learning: of a trial its epochs, from when its worker begins to wait for the first step,
with validation and checkpoints; of a process its loop. Start-up, which is all the rest of a trial's or a process's
time, is reported apart, and so is the wall clock of everything. A round is a sweep and a set of processes; the median
of the rounds' ratios is the figure.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import ray
import torch
import typer

from affect.metrics.frame import FrameMetrics
from affect.networks import build
from affect.networks.inputs import to_input
from affect.objectives import MultiTask
from affect.training.batches import Collate, Step
from affect.training.history import read_history
from affect.training.optimisers import build_optimiser
from affect.training.settings import Augmentation, BatchSettings, Resources, TrainConfig
from affect.tuning.settings import SweepConfig
from affect.tuning.space import LogUniform
from jobs.recipes.sample import mt_vgg
from jobs.train import plan_course
from jobs.tune import search

WANTED = 0.25
AT_A_TIME = 2
RATE = "optimiser.learning_rate"


def configuration(data: str, trials: int, width: float, epochs: int, steps: int) -> SweepConfig:
    recipe = mt_vgg()
    train = recipe.model_copy(
        update={
            "data": (data,),
            "network": recipe.network.model_copy(update={"width": width}),
            "batch": BatchSettings(size=96, rows_per_epoch=96 * steps),
            "resources": Resources(workers=1, threads=1, max_failures=0, gpu=False),
            "augmentation": Augmentation(),
            "epochs": epochs,
        }
    )
    return SweepConfig(
        recipe="benchmark",
        train=train,
        space={RATE: LogUniform(low=1e-4, high=2e-3)},
        trials=trials,
        concurrent=AT_A_TIME,
        grace_epochs=epochs,
        best=0,
    )


def bare(config: TrainConfig) -> dict[str, float]:
    """Learn as ``config`` says in a plain loop, in this process."""
    began = time.perf_counter()
    torch.set_num_threads(config.resources.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(config.seed)
    course = plan_course(config)
    collate = Collate(config.network.input_size, config.network.takes, config.augmentation, config.seed)
    table = course.read(course.reads(1)[0], 0, 1)
    steps = [collate(table.slice(number, 1)) for number in range(course.train.steps_per_span)]
    validation = [
        collate(table.slice(number, 1))
        for read in course.reads(1)
        if read.phase == "validation" and read.epoch == 0
        for table in [course.read(read, 0, 1)]
        for number in range(table.num_rows)
    ]
    network = build(config.network).to(memory_format=torch.channels_last)
    objective = MultiTask(config.objective, config.network)
    optimiser = build_optimiser(config.optimiser, network.parameters())

    def inputs(step: Step) -> dict[str, torch.Tensor]:
        return step.inputs | {"image": to_input(step.inputs["image"])}

    ready = time.perf_counter()
    for _ in range(config.epochs):
        network.train()
        for number in range(course.train.steps_per_epoch):
            step = steps[number % len(steps)]
            loss, _ = objective(network(inputs(step)), step.targets)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), config.optimiser.clip_norm or 1e9)
            optimiser.step()
        network.eval()
        metrics = FrameMetrics(config.network)
        with torch.inference_mode():
            for step in validation:
                if step.rows:
                    metrics.update(network.predict(inputs(step)), step.targets)
        metrics.compute()
    ended = time.perf_counter()
    return {"learning": ended - ready, "prepared": ready - began, "steps": course.train.steps_per_epoch * config.epochs}


def processes(config: SweepConfig, folder: Path) -> dict[str, Any]:
    """The trainings of the sweep as plain processes."""
    folder.mkdir(parents=True)
    points = config.points()
    assert points is not None
    waiting, running, done = list(enumerate(points)), [], []
    began = time.perf_counter()
    while waiting or running:
        while waiting and len(running) < AT_A_TIME:
            number, point = waiting.pop(0)
            resolved = config.resolve(point)
            assert isinstance(resolved, TrainConfig)
            file = folder / f"{number}.yaml"
            file.write_text(resolved.to_yaml())
            process = subprocess.Popen([sys.executable, "-m", "benchmarks.sweep", "bare", str(file)])
            running.append((process, file, time.perf_counter()))
        time.sleep(0.1)
        for process, file, started in [one for one in running if one[0].poll() is not None]:
            assert process.returncode == 0, f"the plain training of {file} failed"
            told = json.loads(file.with_suffix(".json").read_text())
            done.append(told | {"start_up": time.perf_counter() - started - told["learning"]})
        running = [one for one in running if one[0].poll() is None]
    return {"wall": time.perf_counter() - began, "runs": done}


def sweep(config: SweepConfig, out: str) -> dict[str, Any]:
    began = time.perf_counter()
    result = search(config, out)
    wall = time.perf_counter() - began
    runs = []
    for trial in result.trials:
        assert trial.status == "finished", f"trial {trial.id} {trial.status}: {trial.reason}"
        history = read_history(trial.uri)
        learning = float((history["seconds"] + history["passes_seconds"]).sum())
        runs.append({"learning": learning, "start_up": trial.seconds - learning})
    return {"wall": wall, "runs": runs}


def told(side: dict[str, Any]) -> str:
    learning, start_up = (statistics.mean(run[name] for run in side["runs"]) for name in ("learning", "start_up"))
    return f"{learning:.1f} s of learning and {start_up:.1f} s beside it a training, {side['wall']:.0f} s in all"


def main(
    data: Annotated[str, typer.Option(help="folder written by jobs.preprocess; rows are made when none is given")] = "",
    trials: int = 4,
    width: float = 0.25,
    epochs: int = 5,
    steps: Annotated[int, typer.Option(help="of an epoch")] = 32,
    rounds: int = 3,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """Measure the trials of a sweep against the same trainings as plain processes."""
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    ray.init(num_cpus=8, log_to_driver=False, object_store_memory=500 * 2**20)
    results = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not data:
            from tests.made_rows import write_rows  # noqa: PLC0415

            data = str(folder / "rows")
            write_rows(data, {"train": 24, "validation": 1}, size=96, frames=120)
        config = configuration(data, trials, width, epochs, steps)
        print(
            f"{trials} trainings of {epochs} epochs of {steps} steps, {config.train.recipe}, width {width}, batch 96; "
            f"{AT_A_TIME} at a time, torch threads 1, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
        )
        for number in range(rounds):
            plain = processes(config, folder / f"plain{number}")
            under = sweep(config, str(folder / f"sweep{number}"))
            ratio = _learning(under) / _learning(plain)
            results.append({"overhead": ratio - 1, "whole": under["wall"] / plain["wall"] - 1,
                            "plain": plain, "sweep": under})  # fmt: skip
            print(f"round {number + 1}: processes {told(plain)}; sweep {told(under)}; overhead of learning "
                  f"{ratio - 1:.1%}, of the whole with start-up {results[-1]['whole']:.1%}", flush=True)  # fmt: skip
    median, whole = (statistics.median(result[key] for result in results) for key in ("overhead", "whole"))
    shortest = min(run["learning"] for result in results for run in result["plain"]["runs"])
    enough = "" if shortest >= 120 else ", and 120 are needed: raise --epochs"
    print(
        f"median overhead {median:.1%} (wanted: at most {WANTED:.0%}), with start-up {whole:.1%}; the shortest plain "
        f"training took {shortest:.0f} s{enough}"
    )
    if json_file:
        json_file.write_text(json.dumps(results, indent=2))


def _learning(side: dict[str, Any]) -> float:
    return float(sum(run["learning"] for run in side["runs"]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["bare"]:
        place = Path(sys.argv[2])
        place.with_suffix(".json").write_text(json.dumps(bare(TrainConfig.from_yaml(place.read_text()))))
    else:
        typer.run(main)
