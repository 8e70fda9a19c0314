"""Rows of the one schema from a person's faces, the frames' times and the labels."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affect.corpora.corpus import Clip, FrameLabels
from affect.labels import ACTION_UNITS, EXPRESSIONS, NO_COMPOUND
from affect.preprocessing.spill import Face
from affect.samples import FACES, ROWS_PER_GROUP

if TYPE_CHECKING:
    from array import array

NO_FACE = "no face found"
NOT_THIS_PERSON = "person not found"


@dataclass(frozen=True)
class Timeline:
    """What is kept in memory of each frame: its time, how many faces it shows, and why it is not there."""

    times: "array[float]"
    faces: "array[int]"
    absent: dict[int, str] = field(default_factory=dict)
    """Of frames that could not be looked at, the reason."""

    def __len__(self) -> int:
        return len(self.times)


def person_tables(
    clip: Clip, who: dict[str, str | None], faces: Iterable[Face], timeline: Timeline, labels: FrameLabels | None
) -> Iterator[pa.Table]:
    """One table of FACES per ROWS_PER_GROUP frames, a row for every frame, in order.

    ``who`` gives the columns person and subject. ``faces`` come in order of frames, one a frame at most. Frames beyond
    the labels are not annotated.
    """
    coming = iter(faces)
    face = next(coming, None)
    for first in range(0, len(timeline), ROWS_PER_GROUP):
        last = min(first + ROWS_PER_GROUP, len(timeline))
        found: list[Face | None] = [None] * (last - first)
        while face is not None and face.frame < last:
            found[face.frame - first] = face
            face = next(coming, None)
        reasons = [
            None if one else timeline.absent.get(frame, NOT_THIS_PERSON if timeline.faces[frame] else NO_FACE)
            for frame, one in enumerate(found, start=first)
        ]
        columns = {
            "corpus": _repeated(clip.corpus, last - first),
            "split": _repeated(clip.split, last - first),
            "video": _repeated(clip.video, last - first),
            **{name: _repeated(value, last - first) for name, value in who.items()},
            "frame": pa.array(range(first, last), pa.int32()),
            "time_s": pa.array(timeline.times[first:last], pa.float64()),
            "success": pa.array([one is not None for one in found]),
            "reason": pa.array(reasons, pa.string()),
            "image": pa.array([one and one.image for one in found], pa.binary()),
            "box": pa.array([one and one.box for one in found], FACES.field("box").type),
            "score": pa.array([one and one.score for one in found], pa.float32()),
            "landmarks5": pa.array([one and one.landmarks5 for one in found], FACES.field("landmarks5").type),
            "landmarks68": pa.array([one and one.landmarks68 for one in found], FACES.field("landmarks68").type),
            **label_columns(labels, first, last),
        }
        yield pa.table([columns.get(f.name, pa.nulls(last - first, f.type)) for f in FACES], schema=FACES)


def one_per_frame(faces: Iterable[Face], tracks: Sequence[int]) -> Iterator[Face]:
    """Of several faces in one frame, the one whose track comes first in ``tracks``."""
    rank = {track: place for place, track in enumerate(tracks)}
    best: Face | None = None
    for face in faces:
        if best is not None and face.frame == best.frame:
            best = min(best, face, key=lambda one: rank[one.track])
            continue
        if best is not None:
            yield best
        best = face
    if best is not None:
        yield best


def label_columns(labels: FrameLabels | None, first: int, last: int) -> dict[str, pa.Array]:
    """The columns of labels of the frames from ``first`` to ``last``; frames beyond the labels are not annotated."""
    if labels is None:
        return {}
    missing = last - max(first, min(last, len(labels)))

    def column(values: NDArray[np.generic], mark: float, kind: pa.DataType) -> pa.Array:
        part = values[first:last]
        null = np.isnan(part) if np.isnan(mark) else part == mark
        return pa.concat_arrays([pa.array(part, kind, mask=null), pa.nulls(missing, kind)])

    part = labels.action_units[first:last]
    values = pa.array(part.reshape(-1), pa.int8(), mask=(part == -1).reshape(-1))
    votes = labels.votes[first:last]
    asked = np.isfinite(votes).all(axis=1)
    chosen = pa.FixedSizeListArray.from_arrays(
        pa.array(np.nan_to_num(votes).reshape(-1), pa.float32()), len(EXPRESSIONS), mask=pa.array(~asked)
    )
    units = pa.FixedSizeListArray.from_arrays(values, len(ACTION_UNITS), mask=pa.array((part == -1).all(axis=1)))
    return {
        "valence": column(labels.valence, np.nan, pa.float32()),
        "arousal": column(labels.arousal, np.nan, pa.float32()),
        "expression": column(labels.expression, -1, pa.int8()),
        "compound": column(labels.compound, NO_COMPOUND, pa.int8()),
        "expression_votes": pa.concat_arrays([chosen, pa.nulls(missing, chosen.type)]).cast(
            FACES.field("expression_votes").type
        ),
        "au": pa.concat_arrays([units, pa.nulls(missing, units.type)]).cast(FACES.field("au").type),
    }


def _repeated(value: str | None, count: int) -> pa.Array:
    return pa.nulls(count, pa.string()) if value is None else pa.repeat(pa.scalar(value), count)
