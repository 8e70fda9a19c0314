"""Train a network of the papers on pre-processed rows, with Ray Train fed by Ray Data."""

import io
import logging
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import pandas as pd
import ray
import typer
from ray import train
from ray.train import (
    CheckpointConfig,
    FailureConfig,
    RunConfig,
    ScalingConfig,
    TrainingFailedError,
    UserCallback,
)
from ray.train.torch import TorchConfig, TorchTrainer
from rich.console import Console
from rich.table import Table

from affect import samples, storage
from affect.errors import AffectError
from affect.models.files import load_model
from affect.reports.report import write
from affect.reports.run_report import TrainingRun, run_report
from affect.runs import RunFolder
from affect.training.beginning import begin
from affect.training.index import build_index
from affect.training.plan import TrainPlan
from affect.training.reading import Course
from affect.training.settings import TrainConfig
from jobs import cli
from jobs.recipes import TRAIN_RECIPES, recipe
from jobs.training_worker import work

logger = logging.getLogger("affect")
app = typer.Typer(add_completion=False, help=__doc__)


def plan_course(config: TrainConfig) -> Course:
    """Read the label columns of the data and lay out every step of the run."""
    heads, units = config.network.heads, config.network.action_units
    plan = TrainPlan(build_index(config.data, "train", heads, units), config.batch, config.seed)
    workers = config.resources.workers
    if plan.batch < 2 * workers:
        raise AffectError(f"a batch of {plan.batch} rows is too small for {workers} workers; set batch.size to more")
    validation = build_index(config.data, "validation", heads, units)
    if not any(len(rows) for rows in validation.sets.values()):
        raise AffectError(f"no validation row is annotated with {' or '.join(heads)}; give --data that has some")
    has_test = any(samples.list_faces(folder, split="test") for folder in config.data)
    test = build_index(config.data, "test", heads, units) if has_test else None
    centre_rows = config.centre_rows if config.network.arcface and "expression" in heads else None
    return Course(plan, validation, test, config.epochs, centre_rows, passes_again=config.keep == "best")


def scaling(config: TrainConfig) -> ScalingConfig:
    """Workers and what each asks for; AffectError when the cluster cannot give it."""
    wanted, have = config.resources, ray.cluster_resources()
    gpu = have.get("GPU", 0) >= wanted.workers if wanted.gpu == "auto" else wanted.gpu
    cpus = wanted.workers * (wanted.cpus_per_worker + wanted.data_cpus_per_worker)
    if cpus > have.get("CPU", 0) or (gpu and wanted.workers > have.get("GPU", 0)):
        raise AffectError(
            f"the run asks for {cpus:g} CPUs and {wanted.workers if gpu else 0} GPUs, the cluster has "
            f"{have.get('CPU', 0):g} and {have.get('GPU', 0):g}; lower resources.workers or add nodes"
        )
    return ScalingConfig(
        num_workers=wanted.workers,
        use_gpu=gpu,
        resources_per_worker={"CPU": wanted.cpus_per_worker} | ({"GPU": 1} if gpu else {}),
    )


def fit(config: TrainConfig, out: str, callbacks: Sequence[UserCallback] = ()) -> dict[str, Any]:
    """One Ray Train run in the folder ``out``; goes on from its last checkpoint when there is one.

    Returns {"metrics": {split: {name: value}}, "confusion": {split: 7 x 7}, "model": URI of the model's folder, ...}.
    """
    config = config.model_copy(update={"data": tuple(storage.absolute(folder) for folder in config.data)})
    out = storage.absolute(out)
    if config.pretrained or config.frozen:
        begin(config)  # tells what does not fit before the cluster is put to work
    course = plan_course(config)
    logger.info(
        "%s: training rows %s; batches %s, %d steps an epoch, %d epochs",
        config.recipe,
        ", ".join(f"{head} {len(rows)}" for head, rows in course.train.sets.items()),
        course.train.sizes,
        course.train.steps_per_epoch,
        config.epochs,
    )
    filesystem, path = storage.resolve(out)
    trainer = TorchTrainer(
        work,
        train_loop_config={
            "config": config.model_dump(mode="json"),
            "course": ray.put(course),
            "out": out,
        },
        torch_config=TorchConfig(timeout_s=600),
        scaling_config=scaling(config),
        run_config=RunConfig(
            name="checkpoints",
            storage_path=path,
            storage_filesystem=filesystem,
            failure_config=FailureConfig(
                max_failures=config.resources.max_failures, controller_failure_limit=config.resources.max_failures
            ),
            checkpoint_config=CheckpointConfig(num_to_keep=2),
            callbacks=list(callbacks),
        ),
    )
    result: train.Result = trainer.fit()
    answer: dict[str, Any] = result.return_value
    return answer | {"model": storage.join(out, "model"), "steps_per_epoch": course.train.steps_per_epoch}


@app.command()
def main(
    name: Annotated[str, typer.Argument(metavar="RECIPE", help="a recipe's name; see --list")] = "",
    out: Annotated[str, typer.Option(help="folder of the run, a local path or s3://bucket/path")] = "",
    data: Annotated[list[str] | None, typer.Option(help="folder written by jobs.preprocess; may be repeated")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="key=value, for example optimiser.learning_rate=1e-3")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="show the recipes and end")] = False,
) -> None:
    """Train RECIPE on --data into --out. The same command again goes on where an interrupted run was."""
    if list_:
        _show_recipes()
        return
    if not name or not out:
        raise AffectError("name a recipe and --out; python -m jobs.train --list shows the recipes")
    config = recipe(name).override(set_ or [])
    if data:
        config = config.model_copy(update={"data": tuple(storage.absolute(folder) for folder in data)})
    ray.init(log_to_driver=True, ignore_reinit_error=True)
    with RunFolder(out, config) as run:
        if run.finished:
            logger.info("%s is finished; to train again give another --out", run.uri)
            _show(run.summary())
            return
        try:
            answer = fit(config, run.uri)
        except TrainingFailedError as error:
            raise _readable(error) from error
        _report(config, run.uri, answer)
        run.done(answer)
        _show(answer)


def _report(config: TrainConfig, out: str, answer: dict[str, Any]) -> None:
    history = pd.read_parquet(io.BytesIO(storage.read_bytes(storage.join(out, "metrics.parquet"))))
    last = "test" if "test" in answer["metrics"] else "validation"
    _, description = load_model(answer["model"])
    page = TrainingRun(
        title=config.recipe,
        uri=out,
        history=history.assign(epoch=history["epoch"] + 1),
        config=config.model_dump(mode="json"),
        metrics={last: answer["metrics"][last]} | answer["metrics"],
        data=[source.model_dump() for source in description.data],
        confusion=np.array(answer["confusion"]["validation"]) if "validation" in answer["confusion"] else None,
        facts={"Workers": str(answer["workers"]), "Training": f"{history['seconds'].sum() / 60:.1f} min"},
        commands={"Promote": f"python -m jobs.promote {out} --name NAME --store STORE"},
    )
    write(run_report(page), storage.join(out, "report.html"))


def _readable(error: TrainingFailedError) -> Exception:
    """The AffectError inside a failed run where there is one."""
    causes = [getattr(failure, "cause", failure) for failure in getattr(error, "worker_failures", {}).values()]
    return next((cause for cause in causes if isinstance(cause, AffectError)), error)


def _show(answer: dict[str, Any]) -> None:
    splits = answer["metrics"]
    table = Table(title="metrics", title_justify="left")
    table.add_column("metric")
    for split in splits:
        table.add_column(split, justify="right")
    for metric in next(iter(splits.values())):
        table.add_row(metric, *(f"{values.get(metric, float('nan')):.3f}" for values in splits.values()))
    Console().print(table)
    Console().print(f"model: {answer['model']}", soft_wrap=True)


def _show_recipes() -> None:
    table = Table("recipe", "paper", "what it is")
    for name, make in sorted(TRAIN_RECIPES.items()):
        table.add_row(name, make().paper, (make.__doc__ or "").strip().splitlines()[0])
    Console().print(table)


if __name__ == "__main__":
    cli.run(app)
