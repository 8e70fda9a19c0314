"""Make the sample corpus: ``python -m jobs.make_sample --out URI --set people=24``."""

import logging
import time
from typing import Annotated

import ray
import typer
from ray.data import DataContext

from affect import storage
from affect.command_line import run_app
from affect.corpora.sample import (
    ClipPlan,
    SampleSettings,
    people,
    plan,
    video_uri,
    write_clip,
    write_index,
    write_people_index,
    write_person,
)
from affect.preprocessing.progress import Progress
from affect.runs import RunFolder

logger = logging.getLogger("affect")

app = typer.Typer(add_completion=False)


@app.command()
def main(
    out: Annotated[str, typer.Option(help="where the corpus goes: a folder or s3://bucket/path")],
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="key=value, as people=8; docs/sample-corpus.md has all keys")
    ] = None,
) -> None:
    """Make the sample corpus, a synthetic stand-in in the form of Aff-Wild2."""
    make_sample(out, SampleSettings().override(assignments or []))


def make_sample(out: str, settings: SampleSettings) -> dict[str, float]:
    """Make what is not there yet; returns the summary that is also kept in DONE."""
    with RunFolder(out, settings) as folder:
        if folder.finished:
            logger.info("%s is finished already", folder.uri)
            return folder.summary()
        if settings.form == "identities":
            return _make_people(folder, settings)
        started = time.monotonic()
        write_index(folder.uri, settings)
        clips = plan(settings)
        missing = [clip for clip in clips if not storage.exists(video_uri(clip, folder.uri))]
        logger.info("making %d of %d clips of %d people in %s", len(missing), len(clips), settings.people, folder.uri)
        if missing:
            DataContext.get_current().enable_progress_bars = False  # in a job's log, lines are easier to read
            tasks = ray.data.from_items(missing, override_num_blocks=len(missing))
            with Progress(len(missing)) as progress:
                for _ in tasks.map(_make_clip, fn_kwargs={"root": folder.uri}).iter_rows():
                    progress.add(settings.frames, set_aside=False)
        summary = {
            "clips": len(clips),
            "made": len(missing),
            "people": settings.people,
            "frames": len(clips) * settings.frames,
            "seconds": round(time.monotonic() - started, 1),
        }
        folder.done(summary)
        logger.info(
            "the synthetic sample corpus is ready: %d clips (%d made now), %d people, %d frames, %.1f s",
            *(summary[key] for key in ("clips", "made", "people", "frames", "seconds")),
        )
        return summary


def _make_people(folder: RunFolder, settings: SampleSettings) -> dict[str, float]:
    started = time.monotonic()
    write_people_index(folder.uri, settings)
    tasks = ray.data.from_items([{"who": one} for one in people(settings)], override_num_blocks=settings.people)
    made = tasks.map(_make_person, fn_kwargs={"root": folder.uri, "settings": settings})
    pictures = sum(row["pictures"] for row in made.iter_rows())
    summary = {"people": settings.people, "pictures": pictures, "seconds": round(time.monotonic() - started, 1)}
    folder.done(summary)
    logger.info("the synthetic sample corpus is ready: %d pictures of %d people", pictures, settings.people)
    return summary


def _make_person(row: dict[str, tuple[str, int]], root: str, settings: SampleSettings) -> dict[str, int]:
    return {"pictures": write_person(*row["who"], root, settings)}


def _make_clip(row: dict[str, ClipPlan], root: str) -> dict[str, str]:
    write_clip(row["item"], root)
    return {"video": row["item"].video}


if __name__ == "__main__":
    run_app(app)
