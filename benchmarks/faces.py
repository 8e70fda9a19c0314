"""Faces followed between detections, against a detector that looks at every frame: how much faster, and how exact.

``python -m benchmarks.faces [--clips FOLDER] [--every N]``. Both sides decode and find faces on one thread, and seconds
are the processor's, not the clock's. The landmarks' error is their mean distance from those of the detector that sees
every frame, in distances between the eyes, on the frames that were followed; beside it stands what the detector itself
makes of the same pictures moved by one pixel to each of the four sides.
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
import typer
from numpy.typing import NDArray

from affect.corpora.sample import SampleSettings, plan, video_uri, write_clip
from affect.faces import load_detector
from affect.faces.detector import Detections, Detector
from affect.faces.following import Following
from affect.faces.landmarks import nearest
from affect.media.video import frames
from affect.preprocessing.settings import DetectorSettings

SHIFTS = ((1, 0), (-1, 0), (0, 1), (0, -1))

SHIFTED_EVERY = 6
"""Of so many frames one is also looked at moved."""


def make_clips(folder: Path, count: int) -> list[Path]:
    """Clips of synthetic talking heads, as the sample corpus has them."""
    settings = SampleSettings(people=3, clips=count, width=640, height=360)
    for clip in plan(settings):
        write_clip(clip, str(folder))
    return [Path(video_uri(clip, str(folder))) for clip in plan(settings)]


def errors(found: Detections, expected: Detections, shift: tuple[int, int] = (0, 0)) -> list[float]:
    """Of each expected face the mean distance of its landmarks in distances between the eyes; NaN where missed."""
    each = []
    for box, landmarks in zip(expected.boxes, expected.landmarks, strict=True):
        index = nearest(found, box + np.array([*shift, 0, 0]))
        eyes = float(np.hypot(*(landmarks[1] - landmarks[0])))
        apart = np.nan if index is None else float(np.hypot(*(found.landmarks[index] - shift - landmarks).T).mean())
        each.append(apart / eyes)
    return each


def moved(picture: NDArray[np.uint8], shift: tuple[int, int]) -> NDArray[np.uint8]:
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    size = picture.shape[1], picture.shape[0]
    return cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE)


def run(clip: Path, detector: Detector) -> tuple[list[Detections], list[bool], float]:
    """The faces of each frame, whether the detector looked at it, and the seconds that decoding and finding took."""
    found, looked = [], []
    looks = 0
    began = time.process_time()
    for frame in frames(clip):
        found.append(detector(frame.picture))
        looked.append(not isinstance(detector, Following) or detector.looks > looks)
        looks = detector.looks if isinstance(detector, Following) else 0
    return found, looked, time.process_time() - began


def shifted(clip: Path, detector: Detector, expected: list[Detections]) -> Iterator[float]:
    for frame in frames(clip):
        if frame.index % SHIFTED_EVERY == 0 and len(expected[frame.index]):
            for shift in SHIFTS:
                yield from errors(detector(moved(frame.picture, shift)), expected[frame.index], shift)


def measure(clip: Path, detector: Detector, settings: DetectorSettings) -> dict[str, Any]:
    run(clip, lambda _: Detections.none())  # the file is in memory from here on
    expected, _, every_frame_s = run(clip, detector)
    following = Following(detector, settings.every, settings.size)
    found, looked, following_s = run(clip, following)
    pairs = [errors(one, other) for one, other in zip(found, expected, strict=True)]
    return {
        "clip": clip.name,
        "frames": len(found),
        "looks": following.looks,
        "every_frame_s": every_frame_s,
        "following_s": following_s,
        "faces": sum(map(len, expected)),
        "found_besides": sum(map(len, found)) - sum(map(len, expected)),
        "errors": [error for each, look in zip(pairs, looked, strict=True) if not look for error in each],
        "shift_errors": list(shifted(clip, detector, expected)),
    }


def summary(results: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of one clip or of several together."""
    total = {
        key: sum(one[key] for one in results) for key in ("frames", "looks", "every_frame_s", "following_s", "faces")
    }
    followed = np.array([error for one in results for error in one["errors"]])
    shift = np.array([error for one in results for error in one["shift_errors"]])
    seen, shift_seen = followed[~np.isnan(followed)], shift[~np.isnan(shift)]
    return total | {
        "faster": total["every_frame_s"] / total["following_s"],
        "missed": int(np.isnan(followed).sum()),
        "error": float(seen.mean()) if len(seen) else None,
        "median_error": float(np.median(seen)) if len(seen) else None,
        "shift_error": float(shift_seen.mean()) if len(shift_seen) else None,
        "shift_missed": float(np.isnan(shift).mean()) if len(shift) else None,
    }


def row(name: str, figures: dict[str, Any]) -> str:
    rates = figures["frames"] / figures["every_frame_s"], figures["frames"] / figures["following_s"]
    text = (
        f"{name[:26]:27}{figures['frames']:7}{figures['looks']:7}{rates[0]:9.1f}{rates[1]:9.1f}{figures['faster']:8.2f}"
    )
    text += f"{figures['faces']:7}{figures['missed']:7}"
    for key in ("error", "median_error", "shift_error"):
        text += f"{100 * figures[key]:9.2f}" if figures[key] is not None else f"{'-':>9}"
    return text


def main(
    clips: Annotated[Path | None, typer.Option(help="a folder of videos; some are made where none is given")] = None,
    every: int = 3,
    detector: Annotated[str, typer.Option(help="centerface or mtcnn")] = "centerface",
    size: int = 640,
    json_file: Annotated[Path | None, typer.Option("--json", help="where to write the figures")] = None,
) -> None:
    """Measure, print a table, and write the figures as JSON."""
    cv2.setNumThreads(1)
    settings = DetectorSettings.parse({"name": detector, "size": size, "every": every})
    finder = load_detector(settings)
    finder(np.zeros((360, 640, 3), np.uint8))
    print(f"{'':27}{'frames':>7}{'looks':>7}{'each f/s':>9}{'foll f/s':>9}{'faster':>8}{'faces':>7}{'missed':>7}"
          f"{'error %':>9}{'median':>9}{'shift %':>9}")  # fmt: skip
    results = []
    with tempfile.TemporaryDirectory() as scratch:
        for clip in sorted(clips.iterdir()) if clips else make_clips(Path(scratch), 4):
            results.append(measure(clip, finder, settings))
            print(row(clip.name, summary(results[-1:])), flush=True)
    total = summary(results)
    print(row("together", total))
    if total["error"] is not None:
        allowed = max(0.03, 1.5 * total["shift_error"])
        right = total["faster"] >= 2 and total["error"] <= allowed
        print(f"wanted: 2 times faster, error at most {100 * allowed:.2f} %: {'kept' if right else 'missed'}")
    if json_file is not None:
        figures = {"settings": settings.model_dump(), "clips": results, "together": total, "load": os.getloadavg()[0]}
        json_file.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
