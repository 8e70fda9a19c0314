"""Mark the faces in frames of clips by a detector, for another to learn from: ``python -m jobs.label_clips --help``."""

import logging
from typing import Annotated, Any

import cv2
import ray
import typer
from ray.data import ActorPoolStrategy, DataContext

from affect.command_line import run_app
from affect.detection.marking import MarkingSettings, clips_in, join_parts, mark_clip
from affect.errors import AffectError
from affect.faces import load_detector
from affect.runs import RunFolder
from jobs.room import processes

logger = logging.getLogger("affect")

app = typer.Typer(add_completion=False)


@app.command()
def main(
    clips: Annotated[str, typer.Argument(help="folder of videos, a local path or s3://bucket/path")],
    out: Annotated[str, typer.Option(help="where pictures and lists go")],
    validation: Annotated[list[str], typer.Option(help="file of a clip that is held out; repeated")],
    assignments: Annotated[list[str] | None, typer.Option("--set", help="every=5, sure=0.6, detector.size=640")] = None,
) -> None:
    """Write frames of CLIPS and the faces found in them, in the form of WIDER FACE with landmarks."""
    settings = MarkingSettings(validation=tuple(validation)).override(assignments or [])
    label_clips(clips, out, settings)


def label_clips(clips: str, out: str, settings: MarkingSettings) -> dict[str, int]:
    """Mark what is not marked yet; returns how many frames each clip gave. A clip that cannot be read ends with 0."""
    with RunFolder(out, settings) as folder:
        if folder.finished:
            logger.info("%s is finished already", folder.uri)
            return folder.summary()
        rows = [{"uri": uri, "split": split} for uri, split in clips_in(clips, settings)]
        DataContext.get_current().enable_progress_bars = False
        pool = ActorPoolStrategy(size=min(processes(), len(rows)), max_tasks_in_flight_per_actor=1)
        dataset = ray.data.from_items(rows, override_num_blocks=len(rows))
        marked = dataset.map(_Marker, fn_constructor_args=(folder.uri, settings), compute=pool, num_cpus=1)
        frames: dict[str, int] = {}
        for row in marked.iter_rows():
            frames[row["uri"]] = row["frames"]
            logger.info("%s: %d frames%s", row["uri"], row["frames"], row["error"] and f", set aside: {row['error']}")
        join_parts(folder.uri)
        folder.done(frames)
        return frames


class _Marker:
    def __init__(self, out: str, settings: MarkingSettings) -> None:
        cv2.setNumThreads(1)
        self.out, self.settings = out, settings
        self.detector = load_detector(settings.detector)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            count = mark_clip(row["uri"], row["split"], self.out, self.detector, self.settings)
        except AffectError as error:
            return row | {"frames": 0, "error": str(error)}
        return row | {"frames": count, "error": ""}


if __name__ == "__main__":
    run_app(app)
