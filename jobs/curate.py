"""Raw recordings to the clips of a corpus: trimmed, cut by scene and person, 30 frames a second, on all CPUs.

``python -m jobs.curate --root URI --out URI``
"""

import itertools
import json
import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Annotated, Any

import cv2
import ray
import typer
from ray.data import ActorPoolStrategy, DataContext
from rich.console import Console
from rich.table import Table

from affect import storage
from affect.command_line import run_app
from affect.curation.index import describe, index_csv, set_aside_csv, totals
from affect.curation.recording import settle_recording
from affect.curation.recordings import Recording, list_recordings
from affect.curation.settings import CurationSettings
from affect.curation.summary import RecordingSummary, finished, recording_fingerprint, size_of
from affect.curation.trims import WHOLE, Trim, read_trims
from affect.errors import AffectError
from affect.faces import load_detector
from affect.preprocessing.progress import Progress
from affect.runs import RunFolder
from jobs.room import processes

logger = logging.getLogger("affect.curate")

CHECKS_AT_ONCE = 16
"""Most of a check is waiting for storage."""

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
    """One process of the pool: holds a detector, works with one thread."""

    def __init__(self, folder: str, settings: CurationSettings) -> None:
        cv2.setNumThreads(1)
        self.folder, self.settings = folder, settings
        self.detector = load_detector(settings.detector)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        began = time.time()
        work = json.loads(row["work"])
        start_s, end_s = work["trim"]
        summary = settle_recording(
            Recording(**work["recording"]), (start_s, end_s), self.folder, self.settings, self.detector
        )
        return {"summary": summary.to_json(), "began": began, "ended": time.time()}


def curate(config: CurateConfig, out: str, workers: int | None = None) -> dict[str, Any]:
    """Do what is not yet done of the recordings below ``config.root``; returns the summary, as in summary.json."""
    recordings = list_recordings(config.root)
    trims = read_trims(config.trim, recordings) if config.trim else {}
    run = RunFolder(out, config)
    began = time.monotonic()
    todo, settled = _outstanding(recordings, trims, run.uri, config.curation)
    if run.finished and not todo and totals(settled, config.fps).items() <= run.summary().items():
        logger.info("all %d recordings are done already in %s", len(settled), run.uri)
        return run.summary()
    with run:
        logger.info("%d recordings to do, %d settled before", len(todo), len(settled))
        new, last_run = _process(todo, trims, run.uri, config.curation, workers)
        summaries = settled + new
        last_run["seconds"] = round(time.monotonic() - began, 3)
        summary = totals(summaries, config.fps) | {"last_run": last_run}
        storage.write_text(run.file("clips.csv"), index_csv(summaries))
        storage.write_text(run.file("set_aside.csv"), set_aside_csv(summaries))
        storage.write_text(run.file("summary.json"), json.dumps(summary, indent=2) + "\n")
        run.done(summary)
    return summary


def _outstanding(
    recordings: list[Recording], trims: dict[str, Trim], folder: str, settings: CurationSettings
) -> tuple[list[Recording], list[RecordingSummary]]:
    """What is to be done, the largest first, and what an earlier run did or set aside and is unchanged since.

    A long recording begun last would keep one worker busy alone. Nothing is decoded.
    """
    clips = set(storage.list_files(storage.join(folder, "batch1")))

    def check(recording: Recording) -> tuple[int, RecordingSummary | None]:
        try:
            size = size_of(recording)
            fingerprint = recording_fingerprint(recording, trims.get(recording.name, WHOLE), settings)
        except AffectError:  # gone since it was listed; its worker says so
            return 0, None
        return size, finished(folder, recording.name, fingerprint, clips)

    with ThreadPoolExecutor(CHECKS_AT_ONCE) as pool:
        checks = list(zip(recordings, pool.map(check, recordings), strict=True))
    todo = sorted(((size, one) for one, (size, done) in checks if done is None), key=lambda entry: -entry[0])
    return [one for _, one in todo], [done for _, (_, done) in checks if done is not None]


def _process(
    todo: list[Recording], trims: dict[str, Trim], folder: str, settings: CurationSettings, workers: int | None
) -> tuple[list[RecordingSummary], dict[str, Any]]:
    """Settle the recordings on a pool of workers; what became of each, and how fast."""
    summaries: list[RecordingSummary] = []
    began, ended, submitted = math.inf, 0.0, time.time()
    if todo:
        results, workers = _dataset(todo, trims, folder, settings, workers)
        with Progress(len(todo), things="recordings") as progress:
            # Without prefetching, which would hold back a result until the next one is there.
            parts = results.iter_batches(batch_size=None, prefetch_batches=0, batch_format="pyarrow")
            for row in itertools.chain.from_iterable(part.to_pylist() for part in parts):
                one = RecordingSummary.from_json(row["summary"])
                summaries.append(one)
                began, ended = min(began, row["began"]), max(ended, row["ended"])
                progress.add(one.frames, set_aside=one.set_aside is not None)
                logger.log(logging.INFO if one.set_aside is None else logging.WARNING, describe(one))
            logger.info(progress.line())
    frames, working = sum(one.frames for one in summaries), max(0.0, ended - began)
    return summaries, {
        "recordings": len(summaries),
        "frames": frames,
        "workers": workers or 0,
        "start_up_seconds": round(began - submitted, 3) if todo else 0.0,
        "working_seconds": round(working, 3),
        "frames_per_second": round(frames / working, 2) if working else 0.0,
    }


def _dataset(
    todo: list[Recording], trims: dict[str, Trim], folder: str, settings: CurationSettings, workers: int | None
) -> tuple[ray.data.Dataset, int]:
    if not ray.is_initialized():
        ray.init()
    # All CPUs may go to the pool: its input is in memory, so nothing else of the pipeline needs one.
    workers = min(workers or processes(), len(todo))
    rows = [{"work": json.dumps({"recording": asdict(one), "trim": trims.get(one.name, WHOLE)})} for one in todo]
    DataContext.get_current().enable_progress_bars = False
    # One task at a time and worker, so that no recording waits behind a long one while another worker is idle.
    pool = ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=1)
    dataset = ray.data.from_items(rows, override_num_blocks=len(rows))
    return dataset.map(Worker, fn_constructor_args=(folder, settings), compute=pool, num_cpus=1), workers


def _table_lines(summary: dict[str, Any]) -> list[tuple[str, str]]:
    run = summary["last_run"]
    lines = [
        (
            "recordings",
            f"{summary['recordings']}, {summary['set_aside']} set aside, {summary['without_sound']} without sound",
        ),
        (
            "clips",
            f"{summary['clips']} of {summary['clip_seconds']:.1f} s in all, {summary['clips_of_two']} of two people",
        ),
        ("dropped", f"{sum(summary['dropped'].values())} parts of {summary['dropped_seconds']:.1f} s in all"),
    ]
    lines += [(f"  {reason}", str(count)) for reason, count in summary["dropped"].items()]
    return [
        *lines,
        ("last run", f"{run['recordings']} recordings in {run['seconds']:.1f} s by {run['workers']} workers"),
        ("frames per second", f"{run['frames_per_second']:.1f}, after {run['start_up_seconds']:.1f} s to start"),
    ]


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
    for name, value in _table_lines(summary):
        table.add_row(name, value)
    Console(width=max(100, Console().width), highlight=False).print(table)


if __name__ == "__main__":
    run_app(app)
