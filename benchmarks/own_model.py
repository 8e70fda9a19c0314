"""The project's own model on FER2013's validation pictures: right as they are given, and found in larger pictures.

``python -m benchmarks.own_model --root FER2013 [--model MODEL] [--each N]``. First the time per face on one core, the
detector left out. Then how often the model is right on the pictures as they are given, and on the same faces enlarged,
put on a grey canvas and sent through detect, align and predict, as any picture is; a face that is not found is wrong.
"""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import torch
import typer
from numpy.typing import NDArray

from affect.corpora import open_corpus
from affect.faces import load_detector
from affect.faces.alignment import coloured
from affect.labels import EXPRESSIONS
from affect.models.answer import Prediction
from affect.models.files import ModelDescription, load_model
from affect.models.predictor import Predictor, Recogniser
from affect.models.shipped import DEFAULT, find_model

CANVAS, FACE = 480, 192
"""Sides of the canvas and of the enlarged picture in its middle."""

LEVEL = 127

TIMES = 30


def main(
    root: Annotated[str, typer.Option(help="where FER2013 lies")],
    model: Annotated[str, typer.Option(help="a model that comes with the package, a run or a folder")] = DEFAULT,
    each: Annotated[int, typer.Option(help="look at one picture of so many")] = 1,
    json_: Annotated[Path | None, typer.Option("--json", help="keep the figures")] = None,
) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    network, description = load_model(find_model(model))
    predict = Predictor(network, description)
    recognise = Recogniser(load_detector(description.preprocessing.detector), predict)
    pictures, labels = validation(root, each)
    crops = crops_of(pictures, description)
    facts: dict[str, Any] = {f"ms_per_face_at_{count}": ms_per_face(predict, crops[:count]) for count in (1, 16)}
    said = [likeliest(one) for one in predict(crops)]
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


def validation(root: str, each: int) -> tuple[list[NDArray[np.uint8]], NDArray[np.int64]]:
    """Pictures RGB (48, 48, 3) and their expressions by number."""
    corpus = open_corpus("fer2013", root)
    pictures, labels = [], []
    for clip in corpus.clips():
        if clip.split == "validation":
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
    canvas = np.full((CANVAS, CANVAS, 3), LEVEL, np.uint8)
    edge = (CANVAS - FACE) // 2
    canvas[edge : edge + FACE, edge : edge + FACE] = cv2.resize(picture, (FACE, FACE), interpolation=cv2.INTER_CUBIC)
    faces = recognise(canvas)
    if not faces:
        return None
    return likeliest(max(faces, key=lambda face: face["box"][2] * face["box"][3]))


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
