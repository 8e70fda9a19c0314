"""Judge a face detector on WIDER FACE's validation pictures, or on marked frames: ``--help`` tells how."""

import logging
from functools import partial
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.table import Table

from affect.command_line import run_app
from affect.detection.wider_evaluation import LEVELS, WiderScores, read_kit
from affect.detection.wider_face import WiderFace
from affect.errors import AffectError
from affect.faces import load_detector
from affect.faces.detector import Detections
from affect.metrics.average_precision import AveragePrecision, matches
from affect.metrics.landmark_error import LandmarkError
from affect.preprocessing.settings import DetectorSettings
from jobs.pool import over, pool_size

logger = logging.getLogger("affect")

app = typer.Typer(add_completion=False)

LOWEST = DetectorSettings(score=0.05, size=1600)
"""Precision is looked at down to low scores, and faces of WIDER FACE are small."""


@app.command()
def main(
    wider: Annotated[str, typer.Argument(help="folder of WIDER FACE, or one that jobs.label_clips wrote")],
    kit: Annotated[str, typer.Option(help="the evaluation kit's folder ground_truth: easy, medium and hard")] = "",
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help="a setting of the detector, as name=ssh; repeated")
    ] = None,
) -> None:
    """Average precision on the validation pictures in WIDER; without --kit of all marked faces, and of landmarks."""
    settings = LOWEST.override(assignments or [])
    table = Table("metric", "value")
    for name, value in judge(wider, settings, kit).items():
        table.add_row(name, f"{value:.4f}")
    Console().print(table)


def judge(wider: str, settings: DetectorSettings, kit: str = "") -> dict[str, float]:
    """Average precision at each of the kit's levels; without it of all faces, and the landmarks' error.

    Raises AffectError where the kit has a picture that is not in ``wider``.
    """
    pictures = WiderFace(wider, "val", landmarks=not kit)
    find = partial(_Finder, pictures, settings)
    names = {pictures.picture_name(index): index for index in range(len(pictures))}
    if kit:
        judged = read_kit(kit)
        if missing := sorted(set(judged) - set(names)):
            raise AffectError(
                f"{wider} has not {len(missing)} of the kit's pictures, as {missing[0]}; give all of them"
            )
        scores = WiderScores()
        order = {names[name]: one for name, one in judged.items()}
        for index, found in over(list(order), find, pool_size(len(order))):
            scores.update(found, order[index])
        return {level: scores.compute()[level] for level in LEVELS}
    precision, error = AveragePrecision(), LandmarkError()
    for index, found in over(list(names.values()), find, pool_size(len(names))):
        faces = pictures.faces(index)
        precision.update(found.boxes, found.scores, faces.boxes, ~faces.ignored)
        face, _ = matches(found.boxes, faces.boxes, ~faces.ignored)
        error.update(found.landmarks[face >= 0], faces.landmarks[face[face >= 0]])
    return {"average_precision": precision.compute(), "landmark_error": error.compute()}


class _Finder:
    """Finds faces in pictures by their index."""

    def __init__(self, pictures: WiderFace, settings: DetectorSettings) -> None:
        torch.set_num_threads(1)
        self.pictures, self.detector = pictures, load_detector(settings)

    def __call__(self, index: int) -> tuple[int, Detections]:
        return index, self.detector(self.pictures.picture(index))


if __name__ == "__main__":
    run_app(app)
