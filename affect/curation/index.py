"""The index of a curated folder: every clip and every part that was dropped, for people and for programs."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

from affect.curation.summary import PartSummary, RecordingSummary

COLUMNS = (
    "clip", "recording", "scene", "start_s", "end_s", "persons", "boxes", "seen", "others_s", "frames", "fps", "width",
    "height", "sound", "reason",
)  # fmt: skip

SET_ASIDE = ("recording", "part", "reason")


def index_csv(summaries: Sequence[RecordingSummary]) -> str:
    """A line for each part of each recording, those dropped without a clip and with the reason.

    ``boxes`` (median x, y, width and height) and ``seen`` have an entry for each of ``persons``, divided by semicolons.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in _ordered(summaries):
        for part in sorted(one.parts, key=lambda part: (part.start_s, part.end_s)):
            writer.writerow([_cell(name, part, one.path) for name in COLUMNS])
    return text.getvalue()


def set_aside_csv(summaries: Sequence[RecordingSummary]) -> str:
    """Recordings that nothing was made of, and those whose sound is missing, with the reasons."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(SET_ASIDE)
    for one in _ordered(summaries):
        for part, reason in (("recording", one.set_aside), ("sound", one.no_sound)):
            if reason is not None:
                writer.writerow([one.path, part, reason])
    return text.getvalue()


def totals(summaries: Sequence[RecordingSummary], fps: int) -> dict[str, Any]:
    """Counts over all recordings, whenever they were done."""
    parts = [part for one in summaries for part in one.parts]
    clips = [part for part in parts if part.clip is not None]
    dropped = Counter[str]()
    for part in parts:
        if part.reason is not None:
            dropped[_kind(part.reason)] += 1
    return {
        "recordings": len(summaries),
        "set_aside": sum(one.set_aside is not None for one in summaries),
        "without_sound": sum(one.no_sound is not None for one in summaries),
        "frames": sum(one.frames for one in summaries),
        "clips": len(clips),
        "clips_of_two": sum(len(part.persons) == 2 for part in clips),
        "clip_frames": sum(part.frames for part in clips),
        "clip_seconds": round(sum(part.frames for part in clips) / fps, 3),
        "dropped": dict(sorted(dropped.items())),
        "dropped_seconds": round(sum(part.end_s - part.start_s for part in parts if part.reason is not None), 3),
    }


def table_lines(summary: dict[str, Any]) -> list[tuple[str, str]]:
    """Name and value of each line of the table that a run ends with."""
    run = summary["last_run"]
    lines = [
        (
            "recordings",
            f"{summary['recordings']}, {summary['set_aside']} set aside, {summary['without_sound']} without sound",
        ),
        (
            "clips",
            f"{summary['clips']} of {summary['clip_seconds']:.1f} s in all, {summary['clips_of_two']} of two people",
        ),
        ("dropped", f"{sum(summary['dropped'].values())} parts of {summary['dropped_seconds']:.1f} s in all"),
    ]
    lines += [(f"  {reason}", str(count)) for reason, count in summary["dropped"].items()]
    return [
        *lines,
        ("last run", f"{run['recordings']} recordings in {run['seconds']:.1f} s by {run['workers']} workers"),
        ("frames per second", f"{run['frames_per_second']:.1f}, after {run['start_up_seconds']:.1f} s to start"),
    ]


def describe(summary: RecordingSummary) -> str:
    """What was made of a recording, in a line for the log."""
    if summary.set_aside is not None:
        return f"set aside {summary.path}: {summary.set_aside}"
    clips = [part for part in summary.parts if part.clip is not None]
    scenes = len({part.scene for part in summary.parts if part.scene is not None})
    seconds = sum(part.frames / part.fps for part in clips)
    dropped = Counter(_kind(part.reason) for part in summary.parts if part.reason is not None)
    made = f"{_count(len(clips), 'clip')} of {seconds:.1f} s" if clips else "no clip"
    line = f"{summary.path}: {_count(scenes, 'scene')}, {made}"
    if dropped:
        line += "; dropped " + ", ".join(f"{_count(count, 'part')} ({kind})" for kind, count in sorted(dropped.items()))
    return line if summary.no_sound is None else f"{line}; {summary.no_sound}"


def _ordered(summaries: Sequence[RecordingSummary]) -> list[RecordingSummary]:
    return sorted(summaries, key=lambda one: one.path)


def _cell(name: str, part: PartSummary, path: str) -> Any:
    if name == "recording":
        return path
    if name in {"persons", "seen"}:
        return "; ".join(map(str, getattr(part, name)))
    if name == "boxes":
        return "; ".join(" ".join(f"{value:g}" for value in box) for box in part.boxes)
    value = getattr(part, name)
    return "" if part.clip is None and name in {"others_s", "frames", "fps", "width", "height"} else value


def _kind(reason: str) -> str:
    """Reasons without their figures."""
    for kind in ("a crowd", "too short"):
        if reason.startswith(kind):
            return kind
    return reason


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
