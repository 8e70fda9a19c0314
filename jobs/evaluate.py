"""Judge a model on pre-processed rows: ``python -m jobs.evaluate MODEL --data ROWS --split test --out URI``.

MODEL is a train run, a model's folder, or with ``--store`` a name or name/version in it. Writes ``metrics.json``,
``predictions.parquet`` with a row a frame, and ``report.html``. With ``--join`` the MODELs are finished evaluations,
as of the folds of a cross-validation, that become one.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
import ray
import torch
import typer
from ray.data import ActorPoolStrategy, DataContext
from ray.exceptions import RayError
from rich.console import Console
from rich.table import Table

from affect import samples, storage
from affect.command_line import run_app
from affect.errors import AffectError
from affect.evaluation.concluding import conclude, kept_metrics
from affect.evaluation.groups import read_groups
from affect.evaluation.joining import join, tables
from affect.evaluation.judging import Judging
from affect.evaluation.measures import VIEWS, Measures
from affect.evaluation.predicting import FramePredictor
from affect.evaluation.predictions import PREDICTIONS, schema
from affect.evaluation.rows import EvaluationRows, find_rows
from affect.evaluation.settings import EvaluationConfig, GroupSettings, JoinConfig
from affect.evaluation.subgroups import subgroups_of
from affect.evaluation.thresholds import with_thresholds
from affect.evaluation.units import asked
from affect.models.files import ModelDescription, digest_of, load_model
from affect.models.store import locate
from affect.networks import Network
from affect.preprocessing.progress import Progress
from affect.reports.report import cell
from affect.reports.score_cells import default_scores, group_tables, judged_by, score_columns, scores_of
from affect.runs import REPORT, RunFolder
from affect.training.index import lacks
from jobs.faults import mendable
from jobs.room import cluster_nodes, processes, room

logger = logging.getLogger("affect")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class _Worker:
    """One process of the pool, with the network on its device."""

    def __init__(self, model: Sequence[ray.ObjectRef], config: EvaluationConfig) -> None:
        network, description = ray.get(model[0])
        gpu = torch.cuda.is_available() and bool(ray.get_gpu_ids())
        if not gpu:
            torch.set_num_threads(config.threads)
        self.predictor = FramePredictor(network, description, config, torch.device("cuda" if gpu else "cpu"))

    def __call__(self, batch: pa.Table) -> Iterator[pa.Table]:
        for files in batch["files"].to_pylist():
            yield self.predictor(files)


def evaluate(config: EvaluationConfig, out: str) -> dict[str, Any]:
    """``config`` carried out in a run folder; the metrics. An evaluation that is there already is returned."""
    with RunFolder(out, config) as run:
        if run.finished:
            logger.info("%s is evaluated already; to do it again give another --out", run.uri)
            return kept_metrics(run)
        began = time.monotonic()
        network, description = load_model(config.model)
        judging = Judging.of(config, description, sha256=digest_of(config.model))
        groups = read_groups(config.groups)
        rows = find_rows(config, description)
        logger.info("%d rows of %s in %d files", rows.count, ", ".join(rows.corpora), len(rows.files))
        synthetic = rows.synthetic or description.synthetic
        judging = judging.model_copy(update={"rows": rows.fingerprint, "synthetic": synthetic})
        workers = _predict(config, run, network, description, rows)
        if config.thresholds is not None:
            judging = with_thresholds(run, config, description, rows, judging)
        measures = Measures(judging, subgroups_of(judging, groups, config.groups))
        for table in tables(run.file(PREDICTIONS)):
            measures.update(table)
        facts = {"Frames": f"{rows.count:,}", "Workers": str(workers)}
        return conclude(run, measures, measures.summary(config.bootstrap), facts, began)


def _predict(
    config: EvaluationConfig, run: RunFolder, network: Network, description: ModelDescription, rows: EvaluationRows
) -> int:
    """Stream the predictions of all rows to predictions.parquet; how many workers made them."""
    form = schema(description.network)
    made, workers = _predictions(config, network, description, rows)
    try:
        with (
            storage.whole_file(run.file(PREDICTIONS)) as path,
            pq.ParquetWriter(path, form, compression="zstd") as writer,
            Progress(rows.count, things="rows") as progress,
        ):
            predicted = False
            for table in made:
                writer.write_table(table.cast(form), row_group_size=samples.ROWS_PER_GROUP * 32)
                predicted |= bool(asked(table)[2].any())
                progress.done += table.num_rows
                progress.frames += table.num_rows
            logger.info(progress.line())
            if progress.done != rows.count:
                raise AffectError(f"{progress.done} of {rows.count} rows were predicted; do it again")
            if not predicted:
                raise AffectError(lacks(config.split, description.network, rows.files))
    except RayError as error:
        raise mendable(error, run.uri) or error from error
    return workers


def _predictions(
    config: EvaluationConfig, network: Network, description: ModelDescription, rows: EvaluationRows
) -> tuple[Iterator[pa.Table], int]:
    """Tables of predictions in the order of the files, and how many workers make them."""
    if not ray.is_initialized():
        ray.init()
    gpus = int(room({"GPU": 1}, cluster_nodes()))
    gpu = gpus > 0 if config.gpu == "auto" else config.gpu
    most = gpus if gpu else processes()
    workers = config.workers or most
    if workers > most:
        raise AffectError(
            f"{workers} workers are asked for, the cluster has {most} {'GPUs' if gpu else 'CPUs'}; lower workers"
        )
    parts = rows.parts(workers)
    workers = min(workers, len(parts))
    context = DataContext.get_current()
    context.enable_progress_bars = False
    dataset = ray.data.from_items([{"files": list(files)} for files in parts], override_num_blocks=len(parts))
    results = dataset.map_batches(
        _Worker,
        fn_constructor_args=([ray.put((network, description))], config),
        batch_size=None,
        batch_format="pyarrow",
        compute=ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=1),
        num_cpus=0 if gpu else 1,
        num_gpus=1 if gpu else 0,
    )
    results.context.execution_options.preserve_order = True
    return results.iter_batches(batch_size=None, prefetch_batches=0, batch_format="pyarrow"), workers


@app.command()
def main(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="a train run, a tune run, a model's folder, or a name in --store; with --join finished evaluations",
        ),
    ],
    out: Annotated[str, typer.Option(help="folder of the run; local or s3://")],
    data: Annotated[list[str] | None, typer.Option(help="folder written by jobs.preprocess; may be repeated")] = None,
    split: Annotated[str, typer.Option(help="train, validation or test")] = "test",
    corpus: Annotated[str, typer.Option(help="only this one of the corpora in --data")] = "",
    store: Annotated[str | None, typer.Option(help="the model store in which MODEL is a name or name/version")] = None,
    groups: Annotated[str, typer.Option(help="a CSV or Parquet file of groups that are judged apart")] = "",
    join_: Annotated[bool, typer.Option("--join", help="make one evaluation of several, as of folds")] = False,
    assignments: Annotated[list[str] | None, typer.Option("--set", help="key=value, as carry=true")] = None,
) -> None:
    """Ask a model about every frame and judge what it says; done twice it says that it is done."""
    of_groups = GroupSettings(file=storage.absolute(groups) if groups else "")
    if join_:
        title = f"{len(models)} evaluations joined"
        config = JoinConfig(runs=tuple(models), groups=of_groups).override(assignments or [])
        _show(title, join(models, out, config), out)
        return
    if len(models) > 1:
        raise AffectError(f"{len(models)} models are given; evaluate one at a time, or --join finished evaluations")
    if not data:
        raise AffectError("no rows to judge the model on; give --data with a folder written by jobs.preprocess")
    folder, name = locate(models[0], store)
    asked_for = EvaluationConfig(
        model=folder,
        name=name,
        data=tuple(map(storage.absolute, data)),
        split=split,
        corpus=corpus,
        groups=of_groups,
    ).override(assignments or [])
    _show(f"{name or models[0]}, {split}", evaluate(asked_for, out), out)


def _show(title: str, metrics: dict[str, Any], out: str) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column("metric")
    for column in score_columns(metrics, VIEWS):
        table.add_column(column, justify="right")
    for row in metrics["default"]:
        table.add_row(f"[bold]{row['corpus']}: {judged_by(row)}", *map(cell, default_scores(metrics, row, VIEWS)))
    table.add_section()
    for key in metrics["faces"]:
        table.add_row(key, *map(cell, scores_of(metrics, key, VIEWS)))
    console = Console(width=max(100, Console().width), highlight=False)
    console.print(table)
    for name, (columns, rows) in group_tables(metrics).items():
        of_groups = Table(*columns, title=name, title_justify="left")
        for line in rows:
            of_groups.add_row(*map(cell, line))
        console.print(of_groups)
    console.print(f"report: {storage.join(storage.absolute(out), REPORT)}", soft_wrap=True)


if __name__ == "__main__":
    run_app(app)
