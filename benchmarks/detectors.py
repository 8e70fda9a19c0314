"""Two detectors on the same frames: how many of one's faces the other finds, and in what time.

``python -m benchmarks.detectors CLIPS --set name=ssh --set weights=RUN/ssh.safetensors --set size=256``. The first is
CenterFace as it is by default, or what ``--against`` says. Both compute with one thread, turn about, each first in half
of the frames; times are the processor's, of finding alone. A face is found where the boxes' intersection over union is
at least a half; what the first finds need not be one, so that frames on which the two differ are drawn with ``--show``.
"""

import json
import os
import time
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import torch
import typer
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from affect.faces import load_detector
from affect.faces.detector import Detections, Detector
from affect.media.video import frames
from affect.metrics.average_precision import matches
from affect.preprocessing.settings import DetectorSettings

SHOWN = 48
"""Frames on which the two differ that are drawn at most, spread over all."""

WIDTH = 320
"""Of each of them, in pixels."""

Pair = tuple[Detections, Detections]


def timed(detectors: tuple[Detector, Detector], picture: NDArray[np.uint8], first: int) -> tuple[Pair, list[float]]:
    """What both find, and the processor's seconds each took; ``first`` is the one that begins."""
    found: list[Detections] = [Detections.none()] * 2
    seconds = [0.0, 0.0]
    for which in (first, 1 - first):
        began = time.process_time()
        found[which] = detectors[which](picture)
        seconds[which] = time.process_time() - began
    return (found[0], found[1]), seconds


def shared(pair: Pair) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which of the first's faces the second finds, and by which of its detections."""
    one, two = pair
    order = np.argsort(-two.scores, kind="stable")
    of, _ = matches(two.boxes[order], one.boxes, np.ones(len(one.boxes), np.bool_))
    return of[of >= 0], order[of >= 0]


def apart(pair: Pair) -> list[float]:
    """Mean distance of the landmarks of each face that both find, in distances between the first's eyes."""
    ours, theirs = shared(pair)
    one, two = pair[0].landmarks[ours], pair[1].landmarks[theirs]
    eyes = np.linalg.norm(one[:, 1] - one[:, 0], axis=1)
    distances: list[float] = (np.linalg.norm(one - two, axis=2).mean(1) / eyes).tolist()
    return distances


def measure(clip: Path, detectors: tuple[Detector, Detector], every: int) -> tuple[dict[str, Any], list[Image.Image]]:
    """The figures of a clip, and the frames on which the two differ, with what the first (white) and second find."""
    pairs, seconds, differ = [], [], []
    for frame in frames(clip):
        if frame.index % every:
            continue
        pair, took = timed(detectors, frame.picture, len(pairs) % 2)
        pairs.append(pair)
        seconds.append(took)
        if not len(shared(pair)[0]) == len(pair[0]) == len(pair[1]):
            differ.append(drawn(frame.picture, pair))
    found = sum(len(shared(pair)[0]) for pair in pairs)
    figures = {
        "clip": clip.name,
        "frames": len(pairs),
        "faces": sum(len(one) for one, _ in pairs),
        "found": found,
        "besides": sum(len(two) for _, two in pairs) - found,
        "apart": [distance for pair in pairs for distance in apart(pair)],
        "seconds": seconds,
    }
    return figures, differ


def drawn(picture: NDArray[np.uint8], pair: Pair) -> Image.Image:
    scale = WIDTH / picture.shape[1]
    small = Image.fromarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    draw = ImageDraw.Draw(small)
    for detections, colour in zip(pair, ("white", "orange"), strict=True):
        for box, score in zip(detections.boxes * scale, detections.scores, strict=True):
            draw.rectangle([*box[:2], *(box[:2] + box[2:])], outline=colour)
            draw.text((box[0] + 2, box[1] + 1), f"{score:.2f}", fill=colour)
    return small


def sheet(pictures: list[Image.Image]) -> Image.Image:
    chosen = [pictures[i] for i in np.unique(np.linspace(0, len(pictures) - 1, min(SHOWN, len(pictures))).astype(int))]
    columns, height = 6, max(one.height for one in chosen)
    whole = Image.new("RGB", (columns * WIDTH, -(-len(chosen) // columns) * height))
    for place, one in enumerate(chosen):
        whole.paste(one, (place % columns * WIDTH, place // columns * height))
    return whole


def row(name: str, results: list[dict[str, Any]]) -> str:
    frames_, faces, found, besides = (
        sum(one[key] for one in results) for key in ("frames", "faces", "found", "besides")
    )
    first, second = np.array([pair for one in results for pair in one["seconds"]]).T
    distances = [distance for one in results for distance in one["apart"]]
    far = f"{100 * np.mean(distances):8.1f}" if distances else f"{'-':>8}"
    return (
        f"{name[:26]:27}{frames_:7}{faces:7}{found:7}{besides:9}{far}{1000 * np.median(first):8.1f}"
        f"{1000 * np.median(second):8.1f}{np.median(first / second):8.2f}"
    )


def main(
    clips: Annotated[Path, typer.Argument(help="a folder of videos")],
    set_: Annotated[list[str] | None, typer.Option("--set", help="key=value of the second detector")] = None,
    against: Annotated[list[str] | None, typer.Option(help="key=value of the first, CenterFace by default")] = None,
    every: Annotated[int, typer.Option(help="look at each so many-th frame", min=1)] = 3,
    show: Annotated[Path | None, typer.Option(help="a picture to write of frames on which they differ")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="where to write the figures")] = None,
) -> None:
    """Find faces in the videos of CLIPS by two detectors, and print how many each finds and how long it takes."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    settings = DetectorSettings().override(against or []), DetectorSettings().override(set_ or [])
    detectors = load_detector(settings[0]), load_detector(settings[1])
    for detector in detectors:
        detector(np.zeros((360, 640, 3), np.uint8))
    print(f"{'one thread each':27}{'frames':>7}{'faces':>7}{'found':>7}{'besides':>9}{'apart %':>8}{'ms':>8}{'ms':>8}"
          f"{'faster':>8}")  # fmt: skip
    results, differ = [], []
    for clip in sorted(clips.iterdir()):
        figures, pictures = measure(clip, detectors, every)
        results.append(figures)
        differ += pictures
        print(row(clip.name, results[-1:]), flush=True)
    print(row("together", results))
    if show is not None and differ:
        sheet(differ).save(show)
    if json_file is not None:
        told = {"settings": [one.model_dump() for one in settings], "clips": results, "load": os.getloadavg()[0]}
        json_file.write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
