"""Videos and pictures of a corpus to aligned faces, spectrograms and labels in Parquet, on all CPUs of the cluster.

``python -m jobs.preprocess CORPUS --root URI --out URI``
"""

import json
import logging
import math
import time
from functools import partial
from typing import Annotated, Any

import ray
import typer
from pydantic import Field
from rich.console import Console
from rich.table import Table

from affect import samples, storage
from affect.annotation.splits import read_splits
from affect.command_line import run_app
from affect.corpora import open_corpus
from affect.corpora.corpus import Clip, Corpus
from affect.corpora.partitioned import Partitioned
from affect.faces import load_detector
from affect.media.pictures import encode_jpeg
from affect.preprocessing.clip import settle_clip
from affect.preprocessing.looking import Points
from affect.preprocessing.outstanding import outstanding, read_set_aside, set_aside_csv
from affect.preprocessing.overview import contact_sheet, stage_seconds, table_lines, totals
from affect.preprocessing.settings import Preprocessing
from affect.preprocessing.summary import ClipSummary, is_synthetic
from affect.runs import RunFolder
from jobs.pool import pool_size
from jobs.preprocess_metrics import PreprocessMetrics
from jobs.settling import settle

logger = logging.getLogger("affect.preprocess")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class PreprocessConfig(Preprocessing):
    """What is read, and all that decides what becomes of it."""

    corpus: str
    root: str
    options: dict[str, Any] = Field(default_factory=dict)
    """Of the corpus's reader, for example options.delay_s=2 for recola; docs/corpora.md has them."""
    splits: str | None = None
    """A file of jobs.partition that says which split each video or picture belongs to, for corpora that have none."""
    fold: int | None = None
    """Of a file of folds, the one to test on."""

    @property
    def preprocessing(self) -> Preprocessing:
        return Preprocessing(**{name: getattr(self, name) for name in Preprocessing.model_fields})


class Worker:
    """Settles clips with a detector that it holds."""

    def __init__(self, corpus: Corpus, folder: str, settings: Preprocessing) -> None:
        self.corpus, self.folder, self.settings = corpus, folder, settings
        self.detector = load_detector(settings.detector)
        self.points: Points | None = None
        if settings.landmarks68:
            from affect.faces.landmarks68 import Landmarks68  # noqa: PLC0415  # it brings torch along

            self.points = Landmarks68()

    def __call__(self, clip: Clip) -> ClipSummary:
        return settle_clip(self.corpus, clip, self.folder, self.settings, self.detector, self.points)


def preprocess(
    config: PreprocessConfig, out: str, workers: int | None = None, gpus_per_worker: float | None = None
) -> dict[str, Any]:
    """Do what is not yet done of the corpus below ``out``; returns the summary, as in its summary.json."""
    corpus = open_corpus(config.corpus, config.root, config.options)
    if config.splits is not None:
        corpus = Partitioned(corpus, read_splits(config.splits, config.fold))
    run = RunFolder(out, config)
    began = time.monotonic()
    left = outstanding(corpus, run.uri, config.preprocessing, read_set_aside(run.file("set_aside.csv")))
    if run.finished and not left.todo and totals(left.settled).items() <= run.summary().items():
        logger.info("all %d clips are done already in %s", len(left.settled), run.uri)
        return run.summary()
    with run:
        logger.info("%d clips to do, %d settled before", len(left.todo), len(left.settled))
        new, last_run = _settle(corpus, config.preprocessing, run.uri, left.todo, workers, gpus_per_worker)
        summaries = left.settled + new
        summary = {"corpus": corpus.name, "synthetic": is_synthetic(corpus)} | totals(summaries)
        last_run["seconds"] = round(time.monotonic() - began, 3)
        _write(run, corpus, summaries, summary | {"last_run": last_run})
    return summary | {"last_run": last_run}


def _settle(
    corpus: Corpus, settings: Preprocessing, folder: str, clips: list[Clip], workers: int | None, gpus: float | None
) -> tuple[list[ClipSummary], dict[str, Any]]:
    """Settle ``clips`` on a pool of workers; what became of each, and how fast."""
    size = pool_size(len(clips), workers)
    share = gpu_share(settings, ray.cluster_resources().get("GPU", 0), size) if gpus is None else gpus
    metrics = PreprocessMetrics(corpus.name, folder, len(clips))

    def tell(one: ClipSummary) -> None:
        metrics.add(one)
        if one.set_aside is not None:
            logger.warning("set aside %s: %s", one.media, one.set_aside)

    summaries, pace = settle("clips", clips, partial(Worker, corpus, folder, settings), size, tell, share)
    return summaries, pace | {"stage_seconds": stage_seconds(summaries)}


def gpu_share(settings: Preprocessing, gpus: float, workers: int) -> float:
    """What part of a GPU each worker asks for: together all ``gpus`` of the cluster where the detector can use them."""
    if settings.detector.runtime != "onnxruntime" or not gpus:
        return 0
    # Ray counts in ten-thousandths and gives several GPUs to one actor only whole: rounded down, at most one.
    return min(1.0, math.floor(gpus / workers * 100) / 100)


def _write(run: RunFolder, corpus: Corpus, summaries: list[ClipSummary], summary: dict[str, Any]) -> None:
    storage.write_text(run.file("set_aside.csv"), set_aside_csv(summaries, corpus.faults()))
    sheet = contact_sheet(samples.list_faces(run.uri, corpus.name))
    if sheet is not None:
        storage.write_bytes(run.file("crops.jpg"), encode_jpeg(sheet))
    storage.write_text(run.file("summary.json"), json.dumps(summary, indent=2) + "\n")
    run.done(summary)


@app.command()
def main(
    corpus: Annotated[str, typer.Argument(help="the corpus's name, for example aff-wild2, sample or folder")],
    root: Annotated[str, typer.Option(help="where the corpus lies; local or s3://")],
    out: Annotated[str, typer.Option(help="the folder to write to; local or s3://")],
    assignments: Annotated[list[str] | None, typer.Option("--set", help="key=value: docs/preprocess.md")] = None,
    workers: Annotated[
        int | None, typer.Option(help="processes; all CPUs of the cluster where not given", min=1)
    ] = None,
    gpus_per_worker: Annotated[
        float | None,
        typer.Option(help="share of a GPU for each process; all GPUs where detector.runtime=onnxruntime", min=0),
    ] = None,
) -> None:
    """Find, align and label the faces of every clip; run again, it does only what is new or changed."""
    config = PreprocessConfig(corpus=corpus, root=storage.absolute(root)).override(assignments or [])
    summary = preprocess(config, out, workers, gpus_per_worker)
    kind = "synthetic corpus" if summary["synthetic"] else "corpus"
    table = Table(
        title=f"{kind} {summary['corpus']} in {storage.absolute(out)}", show_header=False, title_justify="left"
    )
    for name, value in table_lines(summary):
        table.add_row(name, value)
    Console(width=max(100, Console().width), highlight=False).print(table)


if __name__ == "__main__":
    run_app(app)
