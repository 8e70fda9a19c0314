"""Training under Ray Train and Ray Data against a bare torch loop over tensors that are in memory already.

One worker, one torch thread on both sides, the same network, loss, optimiser and batches. Each side warms up before it
is timed: the bare loop by an epoch of the same steps, the run by its first epoch; both flush denormal numbers. Start-up
is left out and reported; a round is a run of each, and the median of the rounds' ratios is the figure. Beside it: what
reading alone gives in rows a second, the share of the time that the worker waits for data, and its peak memory after
the second and the last epoch.
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

from affect.networks import build
from affect.networks.inputs import to_input
from affect.objectives import MultiTask
from affect.training.batches import Collate, Step
from affect.training.optimisers import build_optimiser
from affect.training.settings import Augmentation, BatchSettings, Resources, TrainConfig
from jobs.recipes import recipe
from jobs.train import fit, plan_course
from jobs.training_steps import stream_steps

CASES = {
    "mt-vgg": ("sample/mt-vgg", BatchSettings(size=96, rows_per_epoch=96 * 20)),
    "cnn-rnn": ("bmvc2019/mt-vgg-rnn-visual", BatchSettings(size=4, length=20, rows_per_epoch=80 * 20)),
}
"""Recipes and their batches: about twenty steps an epoch."""

WANTED = 0.9
EPOCHS = 4


def configuration(case: str, width: float, data: str) -> TrainConfig:
    name, batch = CASES[case]
    config = recipe(name, small=not name.startswith("sample/"))
    assert isinstance(config, TrainConfig)
    return config.model_copy(
        update={
            "data": (data,),
            "network": config.network.model_copy(update={"width": width}),
            "resources": Resources(workers=1, threads=1),
            "batch": batch,
            "augmentation": Augmentation(),
            "epochs": EPOCHS,
        }
    )


def bare(config: TrainConfig, steps: list[Step]) -> float:
    """Rows per second of a plain loop over ``steps``."""
    torch.set_num_threads(config.resources.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(config.seed)
    network = build(config.network).to(memory_format=torch.channels_last).train()
    objective = MultiTask(config.objective, config.network)
    optimiser = build_optimiser(config.optimiser, network.parameters())

    def one(step: Step) -> None:
        loss, _ = objective(network(step.inputs | {"image": to_input(step.inputs["image"])}), step.targets)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), config.optimiser.clip_norm or 1e9)
        optimiser.step()

    for step in steps:
        one(step)
    began = time.perf_counter()
    for step in steps:
        one(step)
    return sum(step.rows for step in steps) / (time.perf_counter() - began)


def under_ray(config: TrainConfig, out: str) -> dict[str, float]:
    """Rows per second of the epochs after the first, waiting for data, memory, seconds beside training."""
    began = time.perf_counter()
    fit(config, out)
    total = time.perf_counter() - began
    history = pd.read_parquet(Path(out) / "metrics.parquet")
    later = history.iloc[1:]
    return {
        "ray": float(later["rows"].sum() / later["seconds"].sum()),
        "wait": float((later["data_wait_share"] * later["seconds"]).sum() / later["seconds"].sum()),
        "other_seconds": total - float(history["seconds"].sum()),
        "memory_second": float(history["peak_memory_mib"].iloc[1]),
        "memory_last": float(history["peak_memory_mib"].iloc[-1]),
    }


def reading(config: TrainConfig) -> float:
    """Rows per second that the worker would get if it did nothing with them; the first few steps warm up."""
    course = plan_course(config)
    rows, began = 0, 0.0
    for number, step in enumerate(stream_steps(ray.put(course), config, 0, 1, 0, 0)):
        if number == 5:
            began = time.perf_counter()
        elif number > 5:
            rows += step.rows
    return rows / (time.perf_counter() - began)


def measure(case: str, width: float, data: str, folder: Path, rounds: int) -> dict[str, Any]:
    config = configuration(case, width, data)
    course = plan_course(config)
    collate = Collate(config.network.input_size, config.network.takes, config.augmentation, config.seed)
    table = course.read(course.reads(1)[0], 0, 1)
    steps = [collate(table.slice(number, 1)) for number in range(min(20, course.train.steps_per_span))]
    print(f"{case}: {config.recipe}, width {width}, batch {course.train.batch}, {len(steps)} steps; ", end="")
    print(f"torch threads 1 on both sides, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    results = []
    for number in range(rounds):
        plain = bare(config, steps)
        result = under_ray(config, str(folder / f"{case}{number}"))
        results.append(result | {"bare": plain, "ratio": result["ray"] / plain})
        print(
            f"round {number + 1}: bare {plain:.0f} rows/s, under Ray {result['ray']:.0f}, ratio "
            f"{result['ray'] / plain:.3f}, waiting for data {result['wait']:.1%}, beside training "
            f"{result['other_seconds']:.0f} s, peak memory after epoch 2 {result['memory_second']:.0f} MiB, "
            f"after epoch {EPOCHS} {result['memory_last']:.0f}",
            flush=True,
        )
    medians = {name: statistics.median(result[name] for result in results) for name in results[0]}
    ingest = reading(config)
    print(f"{case}: median ratio {medians['ratio']:.3f} (wanted: at least {WANTED}), waiting {medians['wait']:.1%} "
          f"(wanted: below 10 %), reading alone {ingest:.0f} rows/s, "
          f"{ingest / medians['bare']:.1f} times what the bare loop takes")  # fmt: skip
    return {"medians": medians, "rounds": results, "reading": ingest}


def main(
    data: Annotated[str, typer.Option(help="folder written by jobs.preprocess; rows are made when none is given")] = "",
    case: Annotated[list[str] | None, typer.Option(help=f"of {', '.join(CASES)}; all when none is given")] = None,
    width: float = 0.25,
    rounds: int = 5,
    json_file: Annotated[Path | None, typer.Option("--json")] = None,
) -> None:
    """Measure training under Ray against a bare torch loop over tensors in memory."""
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    ray.init(num_cpus=8, log_to_driver=False, object_store_memory=500 * 2**20)
    with tempfile.TemporaryDirectory() as folder:
        if not data:
            from tests.made_rows import write_rows  # noqa: PLC0415

            data = str(Path(folder) / "rows")
            write_rows(data, {"train": 24, "validation": 1}, size=96, frames=120)
        results = {name: measure(name, width, data, Path(folder), rounds) for name in case or CASES}
    if json_file:
        json_file.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    typer.run(main)
