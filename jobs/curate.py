"""Raw recordings to the clips of a corpus: trimmed, cut by scene and person, 30 frames a second, on all CPUs.

``python -m jobs.curate --root URI --out URI``
"""

import json
import logging
import time
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from affect import storage
from affect.command_line import run_app
from affect.curation.index import describe, index_csv, set_aside_csv, table_lines, totals
from affect.curation.outstanding import outstanding
from affect.curation.recording import settle_recording
from affect.curation.recordings import Recording, list_recordings
from affect.curation.settings import CurationSettings
from affect.curation.summary import RecordingSummary
from affect.curation.trims import WHOLE, Trim, read_trims
from affect.faces import load_detector
from affect.runs import RunFolder
from jobs.pool import pool_size
from jobs.settling import settle

logger = logging.getLogger("affect.curate")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class CurateConfig(CurationSettings):
    """What is read, and all that decides what becomes of it."""

    root: str
    trim: str | None = None
    """A CSV of video, start_s and end_s."""

    @property
    def curation(self) -> CurationSettings:
        return CurationSettings(**{name: getattr(self, name) for name in CurationSettings.model_fields})


class Worker:
    """Settles recordings with a detector that it holds."""

    def __init__(self, trims: Mapping[str, Trim], folder: str, settings: CurationSettings) -> None:
        self.trims, self.folder, self.settings = trims, folder, settings
        self.detector = load_detector(settings.detector)

    def __call__(self, recording: Recording) -> RecordingSummary:
        trim = self.trims.get(recording.name, WHOLE)
        return settle_recording(recording, trim, self.folder, self.settings, self.detector)


def curate(config: CurateConfig, out: str, workers: int | None = None) -> dict[str, Any]:
    """Do what is not yet done of the recordings below ``config.root``; returns the summary, as in summary.json."""
    recordings = list_recordings(config.root)
    trims = read_trims(config.trim, recordings) if config.trim else {}
    run = RunFolder(out, config)
    began = time.monotonic()
    left = outstanding(recordings, trims, run.uri, config.curation)
    if run.finished and not left.todo and totals(left.settled, config.fps).items() <= run.summary().items():
        logger.info("all %d recordings are done already in %s", len(left.settled), run.uri)
        return run.summary()
    with run:
        logger.info("%d recordings to do, %d settled before", len(left.todo), len(left.settled))
        work, size = partial(Worker, trims, run.uri, config.curation), pool_size(len(left.todo), workers)
        new, last_run = settle("recordings", left.todo, work, size, _tell)
        summaries = left.settled + new
        last_run["seconds"] = round(time.monotonic() - began, 3)
        summary = totals(summaries, config.fps) | {"last_run": last_run}
        storage.write_text(run.file("clips.csv"), index_csv(summaries))
        storage.write_text(run.file("set_aside.csv"), set_aside_csv(summaries))
        storage.write_text(run.file("summary.json"), json.dumps(summary, indent=2) + "\n")
        run.done(summary)
    return summary


def _tell(one: RecordingSummary) -> None:
    logger.log(logging.INFO if one.set_aside is None else logging.WARNING, describe(one))


@app.command()
def main(
    root: Annotated[str, typer.Option(help="the folder of the recordings; local or s3://")],
    out: Annotated[str, typer.Option(help="the folder to write to; local or s3://")],
    trim: Annotated[str | None, typer.Option(help="a CSV of video, start_s and end_s: the part that is wanted")] = None,
    assignments: Annotated[list[str] | None, typer.Option("--set", help="key=value, as min_length_s=5")] = None,
    workers: Annotated[
        int | None, typer.Option(help="processes; all CPUs of the cluster where not given", min=1)
    ] = None,
) -> None:
    """Cut recordings by scene and person to 30 frames a second; run again, it does only what is new or changed."""
    config = CurateConfig(root=storage.absolute(root), trim=storage.absolute(trim) if trim else None)
    summary = curate(config.override(assignments or []), out, workers)
    table = Table(title=f"recordings curated in {storage.absolute(out)}", show_header=False, title_justify="left")
    for name, value in table_lines(summary):
        table.add_row(name, value)
    Console(width=max(100, Console().width), highlight=False).print(table)


if __name__ == "__main__":
    run_app(app)
