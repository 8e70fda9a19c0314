"""From annotators' traces to label files in Aff-Wild2's form: ``python -m jobs.annotate --traces URI --out URI``.

Below ``--out``: ``annotations/``, ``agreement.html``, ``agreement/<video>.json``, ``set_aside.csv``.
"""

import csv
import hashlib
import io
import logging
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import typer

from affect import storage
from affect.annotation.decisions import Decisions, read_decisions
from affect.annotation.settings import AnnotationSettings
from affect.annotation.settle import Sources, settle
from affect.annotation.splits import read_splits
from affect.annotation.traces import find_traces
from affect.command_line import run_app
from affect.corpora.aff_wild2 import whom
from affect.corpora.finding import VIDEO_SUFFIXES, by_stem, files_below
from affect.errors import AffectError
from affect.preprocessing.progress import Progress
from affect.reports.agreement_report import agreement_report, joined
from affect.reports.report import write
from affect.runs import RunFolder
from jobs import pool

logger = logging.getLogger("affect.annotate")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class AnnotateConfig(AnnotationSettings):
    """What is read, and all that decides the labels."""

    traces: str
    videos: str | None = None
    faces: str | None = None
    splits: str | None = None
    splits_digest: str | None = None
    """Of the file's content, so that another partition is another run."""

    @property
    def settings(self) -> AnnotationSettings:
        return AnnotationSettings(**{name: getattr(self, name) for name in AnnotationSettings.model_fields})


def annotate(config: AnnotateConfig, out: str) -> dict[str, Any]:
    """Make the labels that are not there yet; returns the summary that is also kept in DONE."""
    if config.splits is not None:
        digest = hashlib.sha256(storage.read_bytes(config.splits)).hexdigest()[:16]
        config = config.model_copy(update={"splits_digest": digest})
    sources, faults = _sources(config)
    with RunFolder(out, config) as run:
        work = partial(settle, settings=config.settings, out=run.uri)
        records = []
        with Progress(len(sources)) as progress:
            for record in pool.over(sources, lambda: work, pool.pool_size(len(sources))):
                records.append(record)
                progress.add(_frames(records[-1]), set_aside=not records[-1]["files"])
        records.sort(key=lambda record: record["name"])
        faults += [(str(what), str(reason)) for record in records for what, reason in record["set_aside"]]
        for what, reason in faults:
            logger.warning("set aside %s: %s", what, reason)
        storage.write_text(run.file("set_aside.csv"), _csv([("what", "reason"), *faults]))
        title = "Agreement between annotators"
        write(agreement_report(records, config.model_dump(mode="json"), title, run.uri), run.file("agreement.html"))
        summary = _summary(config, records) | {"set_aside": len(faults)}
        run.done(summary)
        logger.info("labels of %d videos are in %s", summary["labelled_videos"], run.file("annotations"))
    return summary


def _sources(config: AnnotateConfig) -> tuple[list[Sources], list[tuple[str, str]]]:
    """What there is of each annotated video, and the videos that cannot be told apart or are in no split."""
    found, decisions = find_traces(config.traces), read_decisions(config.traces)
    videos, faults = by_stem(files_below(config.videos, VIDEO_SUFFIXES) if config.videos else ())
    faces, more = by_stem(files_below(storage.join(config.faces, "faces"), (".parquet",)) if config.faces else ())
    faults += more
    splits = None if config.splits is None else read_splits(config.splits)
    sources = []
    for name, files in found.items():
        video, person = whom(name, videos or faces)
        split = "train" if splits is None else splits.get(video)
        if split is None:
            faults.append((name, f"{config.splits} does not name it; run jobs.partition again, or add a line"))
            continue
        of_owner = decisions.get(name, Decisions())
        media = videos.get(video), faces.get(video)
        sources.append(Sources(name, person, split, files, *media, of_owner.chosen, of_owner.invalid))
    if not sources:
        raise AffectError(f"none of the {len(found)} annotated videos is in {config.splits}; check that names agree")
    return sources, faults


def _frames(record: dict[str, Any]) -> int:
    return max((about["frames"] for about in (*record["dimensions"].values(), *record["by_frame"].values())), default=0)


def _summary(config: AnnotateConfig, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    dimensions = sorted({dimension for record in records for dimension in record["dimensions"]})
    gathered = {dimension: joined(records, dimension) for dimension in dimensions}
    maic = {
        dimension: {str(size): round(value, 4) for size, one in of.items() if (value := one.maic()) == value}  # not NaN
        for dimension, of in gathered.items()
    }
    return {
        "videos": len(records),
        "labelled_videos": sum(bool(record["files"]) for record in records),
        "median_filter": config.median_filter,
        "maic": maic,
    }


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


@app.command()
def main(
    traces: Annotated[str, typer.Option(help="annotators' files, as <dimension>/<video>/<annotator>.csv")],
    out: Annotated[str, typer.Option(help="the folder to write to; local or s3://")],
    videos: Annotated[str | None, typer.Option(help="the videos, whose frames' time stamps are used")] = None,
    faces: Annotated[str | None, typer.Option(help="what preprocess wrote, for --set choose=landmarks")] = None,
    splits: Annotated[str | None, typer.Option(help="splits.csv of jobs.partition; otherwise all is train")] = None,
    assignments: Annotated[list[str] | None, typer.Option("--set", help="key=value, as median_filter=15")] = None,
) -> None:
    """Filter, compare, choose and average annotators' traces; run again, it does only what is new or changed."""
    places = {"traces": traces, "videos": videos, "faces": faces, "splits": splits}
    known = {name: storage.absolute(uri) for name, uri in places.items() if uri is not None}
    annotate(AnnotateConfig.parse(known).override(assignments or []), out)


if __name__ == "__main__":
    run_app(app)
