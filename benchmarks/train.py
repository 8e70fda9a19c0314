"""Training under Ray Train and Ray Data against a bare torch loop over tensors that are in memory already.

One worker, one torch thread on both sides, the same network, loss, optimiser and batches. Each side warms up before it
is timed: the bare loop by ten steps, the run by its first epoch. Start-up is left out and reported; a round is a run of
each, and the median of the rounds' ratios is the figure.
"""

import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Annotated

import pandas as pd
import ray
import torch
import typer

from affect import networks
from affect.networks.inputs import to_input
from affect.objectives import MultiTask
from affect.training.batches import Collate, Step
from affect.training.optimisers import build_optimiser
from affect.training.settings import Augmentation, BatchSettings, Resources, TrainConfig
from jobs.recipes import recipe
from jobs.train import fit, plan_course


def bare(config: TrainConfig, steps: list[Step]) -> float:
    """Steps per second of a plain loop over ``steps``."""
    torch.set_num_threads(config.resources.threads)
    torch.manual_seed(config.seed)
    network = networks.build(config.network).to(memory_format=torch.channels_last).train()
    objective = MultiTask(config.objective, config.network)
    optimiser = build_optimiser(config.optimiser, network.parameters())

    def one(step: Step) -> None:
        loss, _ = objective(network({"image": to_input(step.inputs["image"])}), step.targets)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    for step in steps[:10]:
        one(step)
    began = time.perf_counter()
    for step in steps:
        one(step)
    return len(steps) / (time.perf_counter() - began)


def under_ray(config: TrainConfig, out: str) -> tuple[float, float, float]:
    """Steps per second of the second epoch's training, share of it spent waiting for data, seconds in all."""
    began = time.perf_counter()
    answer = fit(config, out)
    total = time.perf_counter() - began
    last = pd.read_parquet(Path(out) / "metrics.parquet").iloc[-1]
    return answer["steps_per_epoch"] / last["seconds"], last["data_wait_share"], total


def main(
    data: Annotated[str, typer.Option(help="folder written by jobs.preprocess; rows are made when none is given")] = "",
    name: Annotated[str, typer.Option("--recipe")] = "sample/mt-vgg",
    width: float = 0.125,
    rounds: int = 5,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    ray.init(num_cpus=8, log_to_driver=False, object_store_memory=500 * 2**20)
    with tempfile.TemporaryDirectory() as folder:
        if not data:
            from tests.made_rows import write_rows  # noqa: PLC0415

            data = str(Path(folder) / "rows")
            write_rows(data, {"train": 24, "validation": 1}, size=96, frames=120)
        config = recipe(name)
        assert isinstance(config, TrainConfig)
        config = config.model_copy(
            update={
                "data": (data,),
                "network": config.network.model_copy(update={"width": width}),
                "resources": Resources(workers=1, threads=1),
                "batch": BatchSettings(size=96, rows_per_epoch=96 * 20),
                "augmentation": Augmentation(),
                "epochs": 2,
            }
        )
        course, collate = (
            plan_course(config),
            Collate(config.network.input_size, config.network.takes, config.augmentation, config.seed),
        )
        table = course.read(course.reads(1)[0], 0, 1)
        steps = [collate(table.slice(number, 1)) for number in range(course.train.steps_per_span)]
        print(f"{config.recipe}, width {width}, batch {course.train.batch}, {len(steps)} steps; ", end="")
        print(f"torch threads 1 on both sides, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        results = []
        for number in range(rounds):
            plain = bare(config, steps)
            rate, waited, total = under_ray(config, str(Path(folder) / str(number)))
            start = total - 2 * course.train.steps_per_epoch / rate
            results.append({"bare": plain, "ray": rate, "ratio": rate / plain, "wait": waited, "other_seconds": start})
            print(
                f"round {number + 1}: bare {plain:.2f} steps/s, under Ray {rate:.2f}, "
                f"ratio {rate / plain:.3f}, waiting for data {waited:.1%}, start-up and validation {start:.1f} s",
                flush=True,
            )
        ratio = statistics.median(result["ratio"] for result in results)
        print(f"median ratio {ratio:.3f} (wanted: at least 0.85)")
        if json_file:
            json_file.write_text(json.dumps({"ratio": ratio, "rounds": results}, indent=2))


if __name__ == "__main__":
    typer.run(main)
