"""Mark the faces in frames of clips by a detector, for another to learn from: ``python -m jobs.label_clips --help``."""

import logging
from functools import partial
from typing import Annotated

import typer

from affect.command_line import run_app
from affect.detection.marking import MarkingSettings, clips_in, join_parts, mark_clip
from affect.detection.wider_face import Split
from affect.errors import AffectError
from affect.faces import load_detector
from affect.runs import RunFolder
from jobs.pool import over, pool_size

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
        todo = clips_in(clips, settings)
        frames: dict[str, int] = {}
        for uri, count, error in over(todo, partial(_Marker, folder.uri, settings), pool_size(len(todo))):
            frames[uri] = count
            logger.info("%s: %d frames%s", uri, count, error and f", set aside: {error}")
        join_parts(folder.uri)
        folder.done(frames)
        return frames


class _Marker:
    """Marks clips with a detector that it holds; gives each one's URI, its frames and why it is set aside, if it is."""

    def __init__(self, out: str, settings: MarkingSettings) -> None:
        self.out, self.settings = out, settings
        self.detector = load_detector(settings.detector)

    def __call__(self, clip: tuple[str, Split]) -> tuple[str, int, str]:
        uri, split = clip
        try:
            return uri, mark_clip(uri, split, self.out, self.detector, self.settings), ""
        except AffectError as error:
            return uri, 0, str(error)


if __name__ == "__main__":
    run_app(app)
