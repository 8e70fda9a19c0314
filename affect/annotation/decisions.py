"""What a corpus' owner decided of a video: which annotators count, and which stretches have no label.

With traces they lie in two files at their root: ``chosen.csv`` (``video,dimension,annotator``) and ``invalid.csv``
(``video,from_s,to_s``).
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.errors import AffectError
from affect.labels import VALENCE_AROUSAL

CHOSEN, INVALID = "chosen.csv", "invalid.csv"
_CHOSEN_HEADER, _INVALID_HEADER = ["video", "dimension", "annotator"], ["video", "from_s", "to_s"]


@dataclass(frozen=True)
class Decisions:
    """Of one video. A dimension that ``chosen`` does not name is left to the settings."""

    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    invalid: tuple[tuple[float, float], ...] = ()

    def valid(self, times: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of the frames (frames,) at ``times`` are in no invalid stretch, whose two ends are in it."""
        valid = np.ones(len(times), bool)
        for start, end in self.invalid:
            valid &= (times < start) | (times > end)
        return valid


def write_decisions(root: str, decisions: Mapping[str, Decisions]) -> None:
    """Both files below ``root``, by video."""
    chosen = [
        (video, dimension, name)
        for video, of_video in sorted(decisions.items())
        for dimension, names in sorted(of_video.chosen.items())
        for name in names
    ]
    invalid = [
        (video, f"{start:.4f}", f"{end:.4f}")
        for video, of_video in sorted(decisions.items())
        for start, end in of_video.invalid
    ]
    for name, rows in ((CHOSEN, [_CHOSEN_HEADER, *chosen]), (INVALID, [_INVALID_HEADER, *invalid])):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        storage.write_text(storage.join(root, name), text.getvalue())


def read_decisions(root: str) -> dict[str, Decisions]:
    """By video; empty where there are no such files. Raises AffectError naming file and line where one is wrong."""
    chosen: dict[str, dict[str, tuple[str, ...]]] = {}
    invalid: dict[str, list[tuple[float, float]]] = {}
    for place, (video, dimension, name) in _rows(root, CHOSEN, _CHOSEN_HEADER):
        if dimension not in VALENCE_AROUSAL:
            raise AffectError(f"{place}: {dimension[:40]!r} is neither valence nor arousal; mend the line")
        of_video = chosen.setdefault(video, {})
        of_video[dimension] = (*of_video.get(dimension, ()), name)
    for place, (video, *ends) in _rows(root, INVALID, _INVALID_HEADER):
        try:
            start, end = map(float, ends)
        except ValueError as error:
            raise AffectError(
                f"{place}: {','.join(ends)[:40]!r} are not two numbers of seconds; mend the line"
            ) from error
        invalid.setdefault(video, []).append((start, end))
    return {
        video: Decisions(chosen.get(video, {}), tuple(invalid.get(video, ())))
        for video in sorted(chosen.keys() | invalid.keys())
    }


def _rows(root: str, name: str, header: list[str]) -> list[tuple[str, list[str]]]:
    uri = storage.join(root, name)
    if not storage.exists(uri):
        return []
    rows = list(csv.reader(io.StringIO(storage.read_text(uri))))
    if not rows or rows[0] != header:
        raise AffectError(f"{uri}, line 1: expected is {','.join(header)}")
    wrong = next((number for number, row in enumerate(rows, start=1) if len(row) != len(header)), None)
    if wrong is not None:
        raise AffectError(f"{uri}, line {wrong}: expected are {len(header)} values; mend the line")
    return [(f"{uri}, line {number}", row) for number, row in enumerate(rows[1:], start=2)]
