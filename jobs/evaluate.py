"""Judge a model on pre-processed rows: ``python -m jobs.evaluate MODEL --data ROWS --split test --out URI``.

MODEL is a train run, a model's folder, or with ``--store`` a name or name/version in it. Writes ``metrics.json``,
``predictions.parquet`` with a row a frame, and ``report.html``.
"""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import ray
import torch
import typer
from ray.data import ActorPoolStrategy, DataContext
from ray.exceptions import RayError
from rich.console import Console
from rich.table import Table

from affect import samples, storage
from affect.errors import AffectError
from affect.evaluation.measures import VIEWS, Measures, Track
from affect.evaluation.predicting import FramePredictor
from affect.evaluation.predictions import schema, targets
from affect.evaluation.rows import EvaluationRows, find_rows
from affect.evaluation.settings import EvaluationConfig
from affect.models.files import ModelDescription, load_model, locate_model
from affect.models.store import current, resolve
from affect.networks import Network
from affect.preprocessing.progress import Progress
from affect.reports.evaluation_report import (
    Curve,
    Evaluation,
    evaluation_report,
    judged_by,
    score_columns,
    scores,
    scores_of,
)
from affect.reports.report import cell, write
from affect.runs import RunFolder
from affect.training.index import lacks
from jobs.cli import run as run_app
from jobs.faults import mendable
from jobs.room import cluster_nodes, processes, room

logger = logging.getLogger("affect")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

CURVE_FRAMES = 6000
"""As many consecutive frames as IJCV 2019, Figure 14, shows."""


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
            metrics: dict[str, Any] = json.loads(storage.read_text(run.file("metrics.json")))
            return metrics
        began = time.monotonic()
        network, description = load_model(config.model)
        rows = find_rows(config, description)
        logger.info("%d rows of %s in %d files", rows.count, ", ".join(rows.corpora), len(rows.files))
        measures, workers = _measure(config, run, network, description, rows)
        metrics = measures.summary(config.bootstrap)
        storage.write_text(run.file("metrics.json"), json.dumps(metrics, indent=2, allow_nan=False) + "\n")
        seconds = time.monotonic() - began
        facts = {"Frames": f"{rows.count:,}", "Workers": str(workers), "Took": f"{seconds:.0f} s"}
        _report(config, run, measures, metrics, description, facts, synthetic=rows.synthetic)
        run.done({"default": metrics["default"], "frames": metrics["frames"], "seconds": round(seconds, 1)})
        return metrics


def _measure(
    config: EvaluationConfig, run: RunFolder, network: Network, description: ModelDescription, rows: EvaluationRows
) -> tuple[Measures, int]:
    """Stream the predictions of all rows to predictions.parquet and into the figures."""
    measures = Measures(description.network)
    form = schema(description.network)
    tables, workers = _predictions(config, network, description, rows)
    try:
        with (
            storage.whole_file(run.file("predictions.parquet")) as path,
            pq.ParquetWriter(path, form, compression="zstd") as writer,
            Progress(rows.count, things="rows") as progress,
        ):
            for table in tables:
                part = table.cast(form)
                writer.write_table(part, row_group_size=samples.ROWS_PER_GROUP * 32)
                measures.update(part)
                progress.done += part.num_rows
                progress.frames += part.num_rows
            logger.info(progress.line())
            counted = {name: sum(of.frames[name] for of in measures.corpora.values()) for name in ("rows", "predicted")}
            if counted["rows"] != rows.count:
                raise AffectError(f"{counted['rows']} of {rows.count} rows were predicted; do it again")
            if not counted["predicted"]:
                raise AffectError(lacks(config.split, description.network, rows.files))
    except RayError as error:
        raise mendable(error, run.uri) or error from error
    return measures, workers


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


def _report(
    config: EvaluationConfig,
    run: RunFolder,
    measures: Measures,
    metrics: dict[str, Any],
    description: ModelDescription,
    facts: dict[str, str],
    *,
    synthetic: bool,
) -> None:
    name = config.name or description.recipe
    page = Evaluation(
        title=f"{name} on {', '.join(sorted(measures.corpora))} ({config.split})",
        uri=run.uri,
        metrics=metrics,
        views=VIEWS,
        config=config.model_dump(mode="json"),
        confusion=measures.joined("faces").confusion,
        planes=measures.planes,
        curves=[_curve(run, description, *chosen) for chosen in _shown(metrics)],
        synthetic=synthetic or description.synthetic,
        facts=facts,
    )
    write(evaluation_report(page), run.file("report.html"))


def _shown(metrics: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The best, the median and the worst video by the mean of its CCCs."""
    videos = [video for video in metrics["videos"] if "valence_ccc" in video]
    ranked = sorted(videos, key=lambda video: -(video["valence_ccc"] + video["arousal_ccc"]))
    if not ranked:
        return []
    places = {"best": 0, "median": len(ranked) // 2, "worst": len(ranked) - 1}
    chosen = {place: which for which, place in reversed(places.items())}
    return [(chosen[place], ranked[place]) for place in sorted(chosen)]


def _curve(run: RunFolder, description: ModelDescription, which: str, video: dict[str, Any]) -> Curve:
    track = Track(video["corpus"], video["video"], video["person"])
    filesystem, path = storage.resolve(run.file("predictions.parquet"))
    chosen = pc.field("corpus") == track.corpus
    for name in ("video", "person"):
        chosen &= pc.field(name) == getattr(track, name)
    columns = [name for name in schema(description.network).names if not name.startswith("p_")]
    table = pq.read_table(path, filesystem=filesystem, filters=chosen, columns=columns).slice(0, CURVE_FRAMES)
    values = np.stack([table[f"predicted_{name}"].to_numpy() for name in ("valence", "arousal")], axis=1)
    note = f"{which}: CCC {video['valence_ccc']:.2f} valence, {video['arousal_ccc']:.2f} arousal"
    return Curve(track.title, note, table["time_s"].to_numpy(), targets(table)["valence_arousal"], values)


def locate(model: str, store: str | None) -> tuple[str, str]:
    """The folder of a model and what it is called: a run, a model's folder or, with a store, name or name/version."""
    if store is None:
        return locate_model(model), ""
    name, _, version = model.partition("/")
    version = version or current(store, name)
    return resolve(store, name, version), f"{name}/{version.zfill(4)}"


@app.command()
def main(
    model: Annotated[str, typer.Argument(help="a train run, a tune run, a model's folder, or a name in --store")],
    data: Annotated[list[str], typer.Option(help="folder written by jobs.preprocess; may be repeated")],
    out: Annotated[str, typer.Option(help="folder of the run; local or s3://")],
    split: Annotated[str, typer.Option(help="train, validation or test")] = "test",
    corpus: Annotated[str, typer.Option(help="only this one of the corpora in --data")] = "",
    store: Annotated[str | None, typer.Option(help="the model store in which MODEL is a name or name/version")] = None,
    assignments: Annotated[list[str] | None, typer.Option("--set", help="key=value, as carry=true")] = None,
) -> None:
    """Ask a model about every frame and judge what it says; done twice it says that it is done."""
    folder, name = locate(model, store)
    config = EvaluationConfig(
        model=folder, name=name, data=tuple(map(storage.absolute, data)), split=split, corpus=corpus
    ).override(assignments or [])
    metrics = evaluate(config, out)
    table = Table(title=f"{name or model}, {split}", title_justify="left")
    table.add_column("metric")
    for title in score_columns(metrics, VIEWS):
        table.add_column(title, justify="right")
    for row in metrics["default"]:
        table.add_row(
            f"[bold]{row['corpus']}: {judged_by(row)}", *map(cell, scores(metrics, row, row["interval"], VIEWS))
        )
    table.add_section()
    for key in metrics["faces"]:
        table.add_row(key, *map(cell, scores_of(metrics, key, VIEWS)))
    console = Console(width=max(100, Console().width), highlight=False)
    console.print(table)
    console.print(f"report: {storage.join(storage.absolute(out), 'report.html')}", soft_wrap=True)


if __name__ == "__main__":
    run_app(app)
