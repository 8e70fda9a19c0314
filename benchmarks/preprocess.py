"""Frames per second of the preprocess job on two workers, against a bare loop of the same calls on one thread.

``python -m benchmarks.preprocess [--clip PATH] [--json PATH]``; nothing else should run on the machine.
"""

import json
import os
import shutil
import statistics
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import av
import cv2
import numpy as np
import ray
import skimage.data
import typer
from ray.data import DataContext

from affect.faces import load_detector
from affect.faces.alignment import align
from affect.faces.detector import Detector
from affect.media.video import frames
from affect.preprocessing.settings import Preprocessing
from jobs.preprocess import PreprocessConfig, preprocess

SETTINGS = Preprocessing()


def make_clip(path: Path, count: int) -> Path:
    """A real face that moves over a 640 by 360 picture, with sound."""
    face = cv2.resize(skimage.data.astronaut(), (360, 360))
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30, options={"preset": "veryfast"})
        video.width, video.height, video.pix_fmt = 640, 360, "yuv420p"
        audio = container.add_stream("aac", rate=44_100, layout="mono")
        for index in range(count):
            picture = np.full((360, 640, 3), 70, np.uint8)
            left = round(140 + 120 * np.sin(index / 15))
            picture[:, left : left + 360] = face
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        wave = (np.sin(np.arange(count * 1470) / 20) * 9000).astype(np.int16)
        for start in range(0, len(wave), 1024):
            frame = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 44_100, start, Fraction(1, 44_100)
            container.mux(audio.encode(frame))
        for stream in (video, audio):
            container.mux(stream.encode())
    return path


def bare(clips: list[Path], detector: Detector) -> float:
    """Frames per second of decode, detect and warp, and nothing else."""
    began, count = time.perf_counter(), 0
    for clip in clips:
        for frame in frames(clip):
            count += 1
            for landmarks in detector(frame.picture).landmarks:
                align(frame.picture, landmarks, SETTINGS.alignment)
    return count / (time.perf_counter() - began)


def job(root: Path, out: Path, workers: int) -> dict[str, Any]:
    """The whole job into an empty folder; what its summary says of the run."""
    summary = preprocess(PreprocessConfig(corpus="folder", root=str(root)), str(out), workers)
    shutil.rmtree(out)
    run: dict[str, Any] = summary["last_run"]
    return run


def measure(root: Path, clips: list[Path], scratch: Path, rounds: int, workers: int) -> dict[str, Any]:
    detector = load_detector(SETTINGS.detector)
    # Work is measured from when the whole pool is up.
    DataContext.get_current().wait_for_min_actors_s = 120
    result: dict[str, list[float]] = {"bare": [], "job": [], "ratio": [], "start_up_seconds": []}
    for number in range(rounds + 1):
        alone = bare(clips if number else clips[:1], detector)
        run = job(root, scratch / f"out{number}", workers)
        print(
            f"{'warm-up' if number == 0 else f'round {number}'}: bare {alone:.1f} frames/s, "
            f"job {run['frames_per_second']:.1f} frames/s, {run['frames_per_second'] / alone:.2f} times as many",
            flush=True,
        )
        if number:
            result["bare"].append(alone)
            result["job"].append(run["frames_per_second"])
            result["ratio"].append(run["frames_per_second"] / alone)
            result["start_up_seconds"].append(run["start_up_seconds"])
    return result


def main(
    clip: Annotated[Path | None, typer.Option(help="a video; one is made where none is given")] = None,
    copies: int = 4,
    count: Annotated[int, typer.Option(help="frames of the clip that is made")] = 150,
    rounds: int = 5,
    workers: int = 2,
    json_file: Annotated[Path | None, typer.Option("--json", help="where to write the figures")] = None,
) -> None:
    """Measure, print a table, and write the figures as JSON."""
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="affect-ray-", dir="/tmp", ignore_cleanup_errors=True) as scratch:
        root = Path(scratch) / "clips"
        root.mkdir()
        original = clip or make_clip(Path(scratch) / "made.mp4", count)
        clips = [Path(shutil.copy(original, root / f"{number}{original.suffix}")) for number in range(copies)]
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False, _temp_dir=scratch)
        try:
            result = measure(root, clips, Path(scratch), rounds, workers)
        finally:
            ray.shutdown()
    medians = {name: statistics.median(values) for name, values in result.items()}
    threads = {"bare": "1 process, 1 thread", "job": f"{workers} processes, 1 thread each"}
    load = os.getloadavg()[0]
    print(f"\nmedians of {rounds} rounds, {copies} clips, {os.cpu_count()} CPUs, load at the end {load:.1f}")
    print(f"{'':8}{'frames/s':>10}   threads")
    for name, text in threads.items():
        print(f"{name:8}{medians[name]:10.1f}   {text}; cv2 says {cv2.getNumThreads()}")
    print(f"{'ratio':8}{medians['ratio']:10.2f}   start-up of the job, left out: {medians['start_up_seconds']:.1f} s")
    if json_file is not None:
        figures = {"rounds": result, "medians": medians, "threads": threads, "cpus": os.cpu_count(), "load": load}
        json_file.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    typer.run(main)
