"""A model's predictions beside the labels, a row a frame: what an evaluation keeps and all its figures follow from."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from affect.labels import (
    ACTION_UNITS,
    COMPOUND_EXPRESSIONS,
    EXPRESSIONS,
    NO_ACTION_UNIT,
    VALENCE_AROUSAL,
    action_unit_label,
)
from affect.networks.spec import Head, NetworkSpec
from affect.training.index import label_arrays

PREDICTIONS = "predictions.parquet"
"""What the rows are called in an evaluation's folder."""

PLACE = pa.schema(
    [
        pa.field("corpus", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("video", pa.string(), nullable=False),
        pa.field("subject", pa.string()),
        pa.field("person", pa.string(), nullable=False),
        pa.field("frame", pa.int32(), nullable=False),
        pa.field("time_s", pa.float64(), nullable=False),
        pa.field("face", pa.bool_(), nullable=False),  # whether one was found
        # The frame whose prediction this is: itself, or the nearest that the network could be asked about; or null.
        pa.field("predicted_from", pa.int32()),
    ]
)

LABELS = pa.schema(
    [
        *(pa.field(name, pa.float32()) for name in VALENCE_AROUSAL),
        pa.field("expression", pa.string()),
        pa.field("compound", pa.string()),
        *(pa.field(action_unit_label(unit), pa.int8()) for unit in ACTION_UNITS),
    ]
)
"""Null where not annotated."""


_SAME_TIME_S = 1e-6


def outputs(spec: NetworkSpec) -> dict[Head, list[str]]:
    """The columns of each output of Network.predict: valence and arousal, or probabilities.

    Of a network that tells people apart there would be thousands: evaluation.judging refuses it.
    """
    columns: dict[Head, list[str]] = {
        "valence_arousal": [f"predicted_{name}" for name in VALENCE_AROUSAL],
        "expression": [f"p_{name}" for name in EXPRESSIONS],
        "action_units": [f"p_{action_unit_label(unit)}" for unit in spec.action_units],
        "compound": [f"p_compound_{name}" for name in spec.compounds],
    }
    return {head: columns[head] for head in spec.heads}


def schema(spec: NetworkSpec) -> pa.Schema:
    """Columns of predictions.parquet for a network's outputs."""
    made = [pa.field(name, pa.float32()) for columns in outputs(spec).values() for name in columns]
    return pa.schema([*PLACE, *LABELS, *made])


def label_columns(faces: pa.Table) -> dict[str, pa.Array]:
    """LABELS of a table of faces, by their names."""
    units = label_arrays(faces)["action_units"]
    return {
        **{name: faces[name].combine_chunks() for name in VALENCE_AROUSAL},
        "expression": _named(faces["expression"], EXPRESSIONS),
        "compound": _named(faces["compound"], COMPOUND_EXPRESSIONS),
        **{
            action_unit_label(unit): pa.array(column, mask=column == NO_ACTION_UNIT)
            for unit, column in zip(ACTION_UNITS, units.T, strict=True)
        },
    }


def targets(table: pa.Table) -> dict[str, NDArray[Any]]:
    """The labels of predictions as FrameMetrics takes them."""
    quantities = [table[name].to_numpy(zero_copy_only=False) for name in VALENCE_AROUSAL]
    units = [table[action_unit_label(unit)].fill_null(NO_ACTION_UNIT).to_numpy() for unit in ACTION_UNITS]
    return {
        "valence_arousal": np.stack(quantities, axis=1).astype(np.float32),
        "expression": _numbered(table["expression"], EXPRESSIONS),
        "compound": _numbered(table["compound"], COMPOUND_EXPRESSIONS),
        "action_units": np.stack(units, axis=1),
    }


def predicted(table: pa.Table, spec: NetworkSpec) -> dict[str, NDArray[np.float32]]:
    """The predictions as FrameMetrics takes them, NaN where there is none."""
    return {
        head: np.stack([table[name].to_numpy(zero_copy_only=False) for name in columns], axis=1).astype(np.float32)
        for head, columns in outputs(spec).items()
    }


def nearest(own: NDArray[np.bool_], times: NDArray[np.float64], tracks: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each row the row whose prediction it takes: itself where ``own``, else the nearest in time of its track.

    Rows of a track, one person of a video, follow one another in time; ``tracks`` (n,) tells them apart. Of two that
    are equally near the earlier one. -1 where the track has none.
    """
    source = np.full(len(own), -1, np.int64)
    for rows in _runs(tracks):
        have = rows.start + np.flatnonzero(own[rows])
        if not len(have):
            continue
        after = np.searchsorted(times[have], times[rows])
        before, after = np.clip(after - 1, 0, None), np.clip(after, None, len(have) - 1)
        nearer = times[have[after]] - times[rows] < times[rows] - times[have[before]] - _SAME_TIME_S
        chosen = np.where(nearer | (times[rows] < times[have[before]]), have[after], have[before])
        source[rows] = np.where(own[rows], np.arange(rows.start, rows.stop), chosen)
    return source


def _runs(values: NDArray[np.int64]) -> Iterator[slice]:
    edges = np.flatnonzero(np.diff(values, prepend=np.nan, append=np.nan))
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        yield slice(first, last)


def _named(numbers: pa.ChunkedArray, names: tuple[str, ...]) -> pa.Array:
    return pa.array(names).take(numbers.combine_chunks().cast(pa.int64()))


def _numbered(labels: pa.ChunkedArray, names: tuple[str, ...]) -> NDArray[np.int64]:
    numbers = pa.compute.index_in(labels, value_set=pa.array(names))
    return np.asarray(numbers.fill_null(-1).to_numpy(), np.int64)
