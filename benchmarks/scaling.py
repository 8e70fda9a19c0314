"""Two workers of one core each against one, on the same global batches.

With steps that are in memory already, so that it is the exchange of gradients, the statistics of the whole batch and
the waiting for each other that is measured; and with live reading, which on two cores takes part of them. A round is a
run of each; the median of the rounds' ratios is the figure. Start-up is left out.
"""

import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import ray
import torch
import typer
from ray import train
from ray.train import RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer

from affect.networks.inputs import to_input
from affect.objectives import MultiTask
from affect.training.batches import Collate
from affect.training.optimisers import build_optimiser
from affect.training.settings import Resources, TrainConfig
from affect.training.stepping import Stepper
from benchmarks.train import configuration
from jobs.train import fit, plan_course
from jobs.training_worker import build

WANTED = 1.5
STEPS = 12


def in_memory(setup: dict[str, Any]) -> float:
    """Seconds a step of a worker that holds its share of a few steps already."""
    config = TrainConfig.parse(setup["config"])
    course, context = ray.get(setup["course"]), train.get_context()
    rank, world = context.get_world_rank(), context.get_world_size()
    network, model = build(config)
    optimiser = build_optimiser(config.optimiser, model.parameters())
    objective = MultiTask(config.objective, config.network)
    stepper = Stepper(config.compute, config.optimiser, network, model, objective, optimiser)
    collate = Collate(config.network.input_size, config.network.takes, config.augmentation, config.seed)
    table = course.read(course.reads(world)[0], rank, world)
    steps = [collate(table.slice(number, 1)) for number in range(min(STEPS, table.num_rows))]
    began = 0.0
    for number, step in enumerate([*steps[:3], *steps]):
        if number == 3:
            began = time.perf_counter()
        stepper(step.inputs | {"image": to_input(step.inputs["image"])}, step.targets, seed=number)
    return (time.perf_counter() - began) / len(steps)


def seconds_in_memory(config: TrainConfig, workers: int, folder: str) -> float:
    trainer = TorchTrainer(
        in_memory,
        train_loop_config={"config": config.model_dump(mode="json"), "course": ray.put(plan_course(config))},
        scaling_config=ScalingConfig(num_workers=workers, resources_per_worker={"CPU": 1}),
        run_config=RunConfig(name=f"memory{workers}-{time.monotonic_ns()}", storage_path=folder),
    )
    return float(trainer.fit().return_value)


def seconds_live(config: TrainConfig, workers: int, folder: str) -> float:
    out = str(Path(folder) / f"live{workers}-{time.monotonic_ns()}")
    answer = fit(config.model_copy(update={"resources": Resources(workers=workers, threads=1)}), out)
    last = pd.read_parquet(Path(out) / "metrics.parquet").iloc[-1]
    return float(last["seconds"]) / int(answer["steps_per_epoch"])


def main(
    width: float = 0.25, rounds: int = 5, json_file: Annotated[Path | None, typer.Option("--json")] = None
) -> None:
    """Measure two workers of one core each against one, on the same global batches."""
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    torch.set_num_threads(1)
    ray.init(num_cpus=8, log_to_driver=False, object_store_memory=500 * 2**20)
    results: dict[str, list[tuple[float, float]]] = {"in memory": [], "live reading": []}
    with tempfile.TemporaryDirectory() as folder:
        from tests.made_rows import write_rows  # noqa: PLC0415

        data = str(Path(folder) / "rows")
        write_rows(data, {"train": 24, "validation": 1}, size=96, frames=120)
        config = configuration("mt-vgg", width, data).model_copy(update={"epochs": 2})
        print(f"{config.recipe}, width {width}, batch {config.batch.size}; one torch thread a worker, "
              f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")  # fmt: skip
        for number in range(rounds):
            for name, seconds in (("in memory", seconds_in_memory), ("live reading", seconds_live)):
                one, two = (seconds(config, workers, folder) for workers in (1, 2))
                results[name].append((one, two))
                print(f"round {number + 1}, {name}: {one:.2f} s a step with one worker, {two:.2f} with two, "
                      f"{one / two:.2f} times as fast", flush=True)  # fmt: skip
    for name, pairs in results.items():
        ratio = statistics.median(one / two for one, two in pairs)
        wanted = f" (wanted: at least {WANTED})" if name == "in memory" else ""
        print(f"{name}: median {ratio:.2f} times as fast{wanted}")
    if json_file:
        json_file.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    typer.run(main)
