"""What a run made of a whole corpus: totals, and a picture of some crops to look at."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from affect import samples
from affect.media.pictures import decode_jpeg
from affect.preprocessing.summary import STAGES, ClipSummary

T = TypeVar("T")


def totals(summaries: list[ClipSummary]) -> dict[str, int]:
    """Counts over all clips of the corpus, whenever they were processed."""
    kept = [one for one in summaries if one.set_aside is None]
    counts = {"clips": len(summaries), "set_aside": len(summaries) - len(kept)}
    counts["without_sound"] = sum(one.no_sound is not None for one in kept)
    counts["unreadable"] = sum(len(one.unreadable) for one in kept)
    for name in ("frames", "persons", "rows", "missed", "labels_beyond", "labels_short"):
        counts["faces_missed" if name == "missed" else name] = sum(getattr(one, name) for one in kept)
    return counts


def stage_seconds(summaries: list[ClipSummary]) -> dict[str, float]:
    """Seconds of work in each stage, summed over the workers."""
    return {stage: round(sum(one.seconds[stage] for one in summaries), 3) for stage in STAGES}


def table_lines(summary: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and value of each line of the table that a run ends with."""
    run = summary["last_run"]
    rows = max(1, summary["rows"])
    lines = [
        ("clips", f"{summary['clips']}, {summary['set_aside']} set aside, {summary['without_sound']} without sound"),
        ("frames", f"{summary['frames']}, {summary['unreadable']} unreadable"),
        ("faces", f"{summary['rows']} rows of {summary['persons']} persons"),
        ("faces missed", f"{summary['faces_missed']} ({100 * summary['faces_missed'] / rows:.1f} %)"),
        (
            "labels",
            f"{summary['labels_beyond']} beyond the last frame, {summary['labels_short']} frames after the last",
        ),
        (
            "last run",
            f"{run['clips']} clips, {run['frames']} frames in {run['seconds']:.1f} s by {run['workers']} workers",
        ),
        ("frames per second", f"{run['frames_per_second']:.1f}, after {run['start_up_seconds']:.1f} s to start"),
    ]
    work = sum(run["stage_seconds"].values()) or 1.0
    lines += [
        (f"time in {name}", f"{spent:.1f} s ({100 * spent / work:.0f} %)")
        for name, spent in run["stage_seconds"].items()
    ]
    return lines


def contact_sheet(uris: list[str], clips: int = 16, crops: int = 10) -> NDArray[np.uint8] | None:
    """Crops evenly chosen from evenly chosen files, a row for each file; None when no file has any."""
    rows = []
    for uri in _evenly(uris, clips):
        pictures = _crops(uri, crops)
        if pictures:
            pictures += [np.zeros_like(pictures[0])] * (crops - len(pictures))
            rows.append(np.concatenate(pictures, axis=1))
    return np.concatenate(rows) if rows else None


def _crops(uri: str, count: int) -> list[NDArray[np.uint8]]:
    file = samples.open_parquet(uri)
    groups = _evenly(list(range(file.num_row_groups)), count)
    images: list[bytes] = []
    for place, group in enumerate(groups):
        share = (place + 1) * count // len(groups) - place * count // len(groups)
        there = file.read_row_group(group, columns=["image"])["image"].drop_null()
        images += [image.as_py() for image in _evenly(list(there), share)]
    return [decode_jpeg(image) for image in images]


def _evenly(items: list[T], count: int) -> list[T]:
    if len(items) <= count:
        return items
    return [items[int(place)] for place in np.linspace(0, len(items) - 1, count)]
