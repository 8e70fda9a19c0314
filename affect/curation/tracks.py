"""Where each person of a clip is, frame by frame: beside the clip, for preprocessing and for annotators."""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affect.curation.people import Person

TRACKS = pa.schema(
    [
        pa.field("frame", pa.int32(), nullable=False),  # 0-based, of the clip
        pa.field("time_s", pa.float64(), nullable=False),  # of the clip
        pa.field("person", pa.string(), nullable=False),  # main, left, right
        pa.field("box", pa.list_(pa.float32(), 4), nullable=False),  # x, y, width, height in pixels
        pa.field("seen", pa.bool_(), nullable=False),  # a face was found in this very picture; else from those beside
    ]
)


def track_table(
    people: Mapping[str, Person], sources: NDArray[np.int64], times: NDArray[np.float64], fps: int, margin_s: float
) -> pa.Table:
    """A row for every frame of a clip from each person's first to last sighting and ``margin_s`` around them.

    Boxes between sightings are interpolated, those before the first and after the last stand still. ``sources`` gives
    the recording's frame for each of the clip's, ``times`` the time of each of the recording's.
    """
    return pa.concat_tables(
        [TRACKS.empty_table(), *_tables(people, sources, times[sources], fps, margin_s)], promote_options="none"
    )


def _tables(
    people: Mapping[str, Person],
    sources: NDArray[np.int64],
    source_times: NDArray[np.float64],
    fps: int,
    margin_s: float,
) -> Iterator[pa.Table]:
    for name, person in people.items():
        there = np.flatnonzero(
            (source_times >= person.times[0] - margin_s) & (source_times <= person.times[-1] + margin_s)
        )
        known = np.stack(person.boxes)
        # By the picture that is shown, which may be older or newer than the frame's own time.
        boxes = [np.interp(source_times[there], person.times, known[:, side]) for side in range(4)]
        yield pa.table(
            [
                pa.array(there, pa.int32()),
                pa.array(there / fps, pa.float64()),
                pa.array([name] * len(there), pa.string()),
                pa.FixedSizeListArray.from_arrays(
                    pa.array(np.stack(boxes, axis=1).astype(np.float32).reshape(-1)), type=TRACKS.field("box").type
                ),
                pa.array(np.isin(sources[there], person.frames), pa.bool_()),
            ],
            schema=TRACKS,
        )
