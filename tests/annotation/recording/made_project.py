"""A small annotation project: videos of one colour, and batches as a browser sends them."""

from pathlib import Path

import numpy as np

from affect.annotation.recording.progress import Progress
from affect.annotation.recording.project import Project
from affect.annotation.recording.seen import WATCHING
from affect.annotation.recording.sessions import Batch, Mode
from tests.made_media import make_video

RATE, SECONDS = 25, 2.0


def made_project(folder: Path, videos: tuple[str, ...] = ("one", "two")) -> Progress:
    (folder / "videos").mkdir(parents=True, exist_ok=True)
    for video in videos:
        pictures = [np.full((32, 32, 3), 4 * i, np.uint8) for i in range(int(RATE * SECONDS))]
        make_video(folder / "videos" / f"{video}.mp4", pictures, RATE)
    return Progress(Project.open(str(folder / "project"), str(folder / "videos")))


def course(begin: float, end: float, offset: float = 0.0, rate: float = 60) -> tuple[tuple[float, float], ...]:
    times = np.arange(begin, end + 1e-9, 1 / rate)
    return tuple(zip(times.round(4).tolist(), (0.5 * np.sin(3 * times) + offset).round(4).tolist(), strict=True))


def batches(
    name: str, samples: tuple[tuple[float, float], ...], begun_s: float, mode: Mode = "annotate", count: int = 3
) -> list[Batch]:
    """One session in ``count`` batches, named by one letter."""
    parts = np.array_split(np.arange(len(samples)), count)
    return [
        Batch(
            session=name * 32, number=number, last=number == count - 1, begun_s=begun_s, mode=mode,
            samples=tuple(samples[i] for i in part),
        )
        for number, part in enumerate(parts)
    ]  # fmt: skip


def annotate(progress: Progress, annotator: str, item: str, kind: str, offset: float = 0.0) -> None:
    """A whole trace of a whole video, watched before."""
    of = progress.project.item(item)
    progress.seen.add(WATCHING, annotator, of, [(0.0, SECONDS)])
    for batch in batches("a", course(0, SECONDS, offset), 1.0):
        progress.recordings.append(kind, annotator, of, batch)
