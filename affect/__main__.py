"""What a model says about the faces of a picture or a video: ``python -m affect PICTURE_OR_VIDEO``.

Of a picture a table is printed; of a video a table of its answers (CSV, in OpenFace's columns and some more) and the
video with the answers drawn on it are written.
"""

import json
import mimetypes
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from affect import storage
from affect.command_line import run_app
from affect.errors import AffectError
from affect.faces import load_detector
from affect.media.pictures import decode_picture, encode_jpeg
from affect.media.video import frames
from affect.models.answer import Face, VideoSummary
from affect.models.asking import Asker
from affect.models.drawing import draw
from affect.models.files import ModelDescription, load_model
from affect.models.outputs import lacking, not_given, told
from affect.models.predictor import Predictor, Recogniser
from affect.models.shipped import DEFAULT, find_model
from affect.watching.annotated import AnnotatedVideo
from affect.watching.openface import OpenFaceCsv
from affect.watching.video import WatchedVideo

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

ABOUT = "What is said is what a face shows, not what anybody feels, thinks or is like."


@app.command(help=__doc__)
def main(
    file: Annotated[str, typer.Argument(metavar="PICTURE_OR_VIDEO", help="a local path or s3://")],
    model: Annotated[str, typer.Option(help="a model that comes with the package, a run, or a model's folder")] = (
        DEFAULT
    ),
    out: Annotated[
        str, typer.Option(help="folder to write to; of a picture by default nothing is written, of a video it is .")
    ] = "",
    json_: Annotated[
        bool, typer.Option("--json", help="print JSON alone: the faces of a picture, the summary of a video")
    ] = False,
) -> None:
    if not storage.exists(file):
        raise AffectError(f"{file} does not exist")
    network, description = load_model(find_model(model))
    detector = load_detector(description.preprocessing.detector)
    kind = mimetypes.guess_type(file)[0] or ""
    console = Console(width=max(110, Console().width), highlight=False)
    notes = Console(stderr=json_, highlight=False, soft_wrap=True)
    if kind.startswith("image/"):
        picture = decode_picture(storage.read_bytes(file))
        faces = Recogniser(detector, Predictor(network, description))(picture)
        said = {"not_given": not_given(description.network), "faces": faces}
        console.print_json(json.dumps(said)) if json_ else _tell_picture(console, file, faces, description)
        if out:
            drawn = storage.join(out, f"{Path(file).stem}.annotated.jpg")
            storage.write_bytes(drawn, encode_jpeg(draw(picture, faces)))
            notes.print(f"drawn: {drawn}")
        return
    table, drawn = (storage.join(out or ".", f"{Path(file).stem}{ending}") for ending in (".csv", ".annotated.mp4"))
    csv = OpenFaceCsv(description.network)
    with (
        WatchedVideo(file, Asker(network, description), detector) as watched,
        storage.local_copy(file) as local,
        storage.whole_file(table) as csv_path,
        storage.whole_file(drawn) as video_path,
        csv_path.open("w") as lines,
    ):
        lines.write(csv.header())
        video = AnnotatedVideo(video_path, watched.info)
        pairs = zip(watched, frames(local), strict=False)  # frames are not asked for beyond the last answer
        for answer, frame in track(pairs, "asking", console=Console(stderr=True), transient=True):
            lines.write(csv.rows(answer))
            video.add(frame.picture, answer)
        video.close()
        summary = watched.summary()
    said = {"not_given": not_given(description.network), "summary": summary}
    console.print_json(json.dumps(said)) if json_ else _tell_video(console, file, summary, description)
    notes.print(f"a line for each face of each frame: {table}\ndrawn on the video: {drawn}")


def _tell_picture(console: Console, file: str, faces: list[Face], description: ModelDescription) -> None:
    shown = told(description.network)
    table = Table(title=f"{file}: {len(faces)} face{'s' * (len(faces) != 1)}", title_justify="left")
    table.add_column("face")
    for output in shown:
        for name in output.columns(description.network):
            table.add_column(name, justify="right" if output.numeric else "left")
    for face in faces:
        x, y, width, height = (round(value) for value in face["box"])
        cells = [cell for output in shown for cell in output.cells(face)]
        table.add_row(f"{width}x{height} at {x},{y}", *cells)
    console.print(table if faces else f"{file}: no face was found")
    _tell_limits(console, description)


def _tell_video(console: Console, file: str, summary: VideoSummary, description: ModelDescription) -> None:
    seen = f"{summary['frames']} frames in {summary['duration_s']:.1f} s"
    console.print(f"{file}: {seen}, {summary['frames_with_faces']} of them with faces")
    shown = told(description.network)
    table = Table("face", "frames", "from", "to", *(name for output in shown for name in output.whole_columns()))
    for one in summary["tracks"]:
        cells = [cell for output in shown for cell in output.whole_cells(one, description.own_thresholds)]
        table.add_row(
            str(one["track_id"]), str(one["frames"]), f"{one['first_s']:.2f} s", f"{one['last_s']:.2f} s", *cells
        )
    console.print(table)
    if summary["broken"]:
        console.print(f"the rest was not read: {summary['broken']}")
    _tell_limits(console, description)


def _tell_limits(console: Console, description: ModelDescription) -> None:
    if lacks := lacking(description.network):
        console.print(lacks)
    if description.synthetic:
        console.print("[bold]It was trained on synthetic faces: what it says of real ones means nothing.[/]")
    console.print(ABOUT)


if __name__ == "__main__":
    run_app(app)
