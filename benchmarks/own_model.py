"""The project's own model on FER2013's validation pictures: right as they are given, and found in larger pictures.

``python -m benchmarks.own_model --root FER2013 [--model MODEL] [--each N] [--no-times]``. First the time per face on
one core, the detector left out. Then how often the model is right on the pictures as they are given, and on the same
faces enlarged, put on a grey canvas and sent through detect, align and predict, as any picture is; a face that is not
found is wrong.

``--crops FILE`` only draws what the model is shown, a row each: training pictures as they are given, the same faces
found on the canvas and aligned, and the faces of ``--served`` pictures and videos.
"""

import json
import mimetypes
import time
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import skimage
import torch
import typer
from numpy.typing import NDArray

from affect.corpora import open_corpus
from affect.faces import load_detector
from affect.faces.alignment import coloured
from affect.labels import EXPRESSIONS
from affect.media.pictures import decode_picture, encode_jpeg
from affect.media.video import frames
from affect.models.answer import Prediction
from affect.models.choosing import Wanted, choose
from affect.models.files import ModelDescription, load_model
from affect.models.predictor import Predictor, Recogniser
from affect.models.predictor import crops as crops_of_found
from affect.models.shipped import DEFAULT, find_model

CANVAS, FACE = 480, 192
"""Sides of the canvas and of the enlarged picture in its middle."""

LEVEL = 127

COLUMNS = 12
"""Crops side by side."""

ASTRONAUT = Path(skimage.__file__).parent / "data" / "astronaut.png"

TIMES = 30

RUNTIMES_TIMED = ("eager", "auto")
"""torch as it is, and what a server takes on this machine."""

MEASURE_S = 4.0
"""As a server does."""


def main(
    root: Annotated[str, typer.Option(help="where FER2013 lies")],
    model: Annotated[str, typer.Option(help="a model that comes with the package, a run or a folder")] = DEFAULT,
    each: Annotated[int, typer.Option(help="look at one picture of so many")] = 1,
    json_: Annotated[Path | None, typer.Option("--json", help="keep the figures")] = None,
    times: Annotated[bool, typer.Option(help="measure the time per face: on a machine with nothing else to do")] = True,
    crops: Annotated[Path | None, typer.Option(help="a JPEG to draw crops into, and nothing else is done")] = None,
    served: Annotated[list[str] | None, typer.Option(help="pictures and videos whose faces are drawn there")] = None,
) -> None:
    """Say how often the shipped model is right on FER2013's validation pictures, and its time per face."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    network, description = load_model(find_model(model))
    predict = Predictor(network, description)
    recognise = Recogniser(load_detector(description.preprocessing.detector), predict)
    if crops is not None:
        crops.write_bytes(encode_jpeg(crops_side_by_side(root, recognise, served or [str(ASTRONAUT)])))
        return
    pictures, labels = labelled(root, each)
    given = crops_of(pictures, description)
    facts: dict[str, Any] = {}
    for runtime in RUNTIMES_TIMED if times else ():
        choice = choose(network, description, Wanted(runtime, "float32", MEASURE_S, 16))
        computed = Predictor(network, description, frames=choice.frames)
        name = runtime if runtime == choice.runtime else f"{runtime}_({choice.runtime})"
        facts |= {f"ms_per_face_at_{count},_{name}": ms_per_face(computed, given[:count]) for count in (1, 16)}
    said = [likeliest(one) for one in predict(given)]
    facts["pictures"] = len(labels)
    facts["accuracy_as_given"] = float(np.mean(np.array(said) == labels))
    found = [on_canvas(recognise, one) for one in pictures]
    facts["found_on_canvas"] = sum(one is not None for one in found)
    facts["accuracy_on_canvas"] = float(np.mean([one == label for one, label in zip(found, labels, strict=True)]))
    facts["alike"] = float(np.mean([one == other for one, other in zip(found, said, strict=True) if one is not None]))
    for name, value in facts.items():
        print(f"{name.replace('_', ' ')}: {value:,.4g}")
    if json_ is not None:
        json_.write_text(json.dumps(facts, indent=2) + "\n")


def labelled(root: str, each: int, split: str = "validation") -> tuple[list[NDArray[np.uint8]], NDArray[np.int64]]:
    """One of ``each`` pictures, RGB (48, 48, 3), and their expressions by number."""
    corpus = open_corpus("fer2013", root)
    pictures, labels = [], []
    for clip in corpus.clips():
        if clip.split == split:
            expressions = corpus.labels(clip)["main"].expression
            for still in corpus.stills(clip):
                pictures.append(still.load)
                labels.append(int(expressions[still.frame]))
    return [load() for load in pictures[::each]], np.array(labels[::each])


def crops_of(pictures: list[NDArray[np.uint8]], description: ModelDescription) -> NDArray[np.uint8]:
    """Pictures that are crops already, in the size and the colours of a model."""
    alignment = description.preprocessing.alignment
    return np.stack([coloured(cv2.resize(one, (alignment.size, alignment.size)), alignment) for one in pictures])


def likeliest(said: Prediction) -> int:
    return int(np.argmax([said["expression"][name] for name in EXPRESSIONS]))


def on_canvas(recognise: Recogniser, picture: NDArray[np.uint8]) -> int | None:
    """What is said of the largest face that is found in the canvas."""
    faces = recognise(canvas_of(picture))
    if not faces:
        return None
    return likeliest(max(faces, key=lambda face: face["box"][2] * face["box"][3]))


def canvas_of(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    canvas = np.full((CANVAS, CANVAS, 3), LEVEL, np.uint8)
    edge = (CANVAS - FACE) // 2
    canvas[edge : edge + FACE, edge : edge + FACE] = cv2.resize(picture, (FACE, FACE), interpolation=cv2.INTER_CUBIC)
    return canvas


def crops_side_by_side(root: str, recognise: Recogniser, served: list[str]) -> NDArray[np.uint8]:
    """Training crops as given, the same aligned, and those of ``served``: rows of COLUMNS, enlarged."""
    pictures, _ = labelled(root, 1, "train")
    alignment = recognise.predictor.description.preprocessing.alignment
    given: list[NDArray[np.uint8]] = []
    aligned: list[NDArray[np.uint8]] = []
    for picture in pictures[:: len(pictures) // (2 * COLUMNS)]:  # not each is found
        canvas = canvas_of(picture)
        found = recognise.detector(canvas)
        if len(found) and len(given) < COLUMNS:
            given += [*crops_of([picture], recognise.predictor.description)]
            aligned.append(crops_of_found(canvas, found, alignment)[0])
    shown = [picture for file in served for picture in pictures_of(file)]
    faces = [crop for picture in shown for crop in crops_of_found(picture, recognise.detector(picture), alignment)]
    chosen = faces[:: max(1, len(faces) // COLUMNS)][:COLUMNS]
    blank = np.full_like(given[0], 255)
    rows = [np.hstack([*row, *[blank] * (COLUMNS - len(row))]) for row in (given, aligned, chosen)]
    return np.kron(np.vstack(rows), np.ones((2, 2, 1), np.uint8))


def pictures_of(file: str) -> list[NDArray[np.uint8]]:
    """A picture, or some frames of a video."""
    if (mimetypes.guess_type(file)[0] or "").startswith("image/"):
        return [decode_picture(Path(file).read_bytes())]
    every = [frame.picture for frame in frames(file)]
    return every[:: max(1, len(every) // COLUMNS)]


def ms_per_face(predict: Predictor, crops: NDArray[np.uint8]) -> float:
    """Median of the processor's time, on one thread."""
    predict(crops)
    seconds = []
    for _ in range(TIMES):
        began = time.process_time()
        predict(crops)
        seconds.append(time.process_time() - began)
    return 1000 * float(np.median(seconds)) / len(crops)


if __name__ == "__main__":
    typer.run(main)
