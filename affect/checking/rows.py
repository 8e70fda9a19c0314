"""What is left of a corpus in pre-processed rows: those with a face, counted from their label columns only."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from affect import samples
from affect.checking.tally import SplitTally, Tally
from affect.corpora.corpus import FrameLabels
from affect.errors import AffectError
from affect.labels import ACTION_UNITS, NO_ACTION_UNIT, NO_COMPOUND, NO_EXPRESSION

COLUMNS = ["split", "video", "subject", "frame", "success", "valence", "arousal", "expression", "compound", "au"]


@dataclass
class Rows:
    """Counts of the rows with a face, and how many rows there are with and without."""

    tally: Tally = field(default_factory=Tally)
    rows: int = 0
    missed: int = 0
    """Rows in which no face was found."""


def count_rows(folder: str, corpus: str) -> Rows:
    """Count the rows of ``corpus`` below ``folder``, one row group in memory at a time.

    Raises AffectError where there is none.
    """
    files = samples.list_faces(folder, corpus)
    if not files:
        raise AffectError(f"{folder} has no rows of {corpus}; make them with jobs.preprocess, or check --rows")
    counted = Rows()
    for file in files:
        split, name = file.removesuffix(".parquet").rsplit("/", 2)[-2:]
        counted.tally.of(split).add(_count_file(file, name, counted))
    return counted


def _count_file(file: str, name: str, counted: Rows) -> SplitTally:
    counts, frames, pictures = SplitTally(), set[int](), set[str]()
    for table in samples.read_faces([file], COLUMNS):
        counted.rows += table.num_rows
        kept = table.filter(table["success"])
        counted.missed += table.num_rows - kept.num_rows
        counts.subjects.update(pc.unique(kept["subject"]).drop_null().to_pylist())
        counts.add_labels([row_labels(kept)], video=False)
        frames.update(kept["frame"].to_pylist())
        pictures.update(pc.unique(kept["video"]).to_pylist())
    if pictures <= {name}:  # rows of a single picture have its own name, those of a video the file's
        counts.videos, counts.frames = len(pictures), len(frames)
        counts.videos_of = {task: int(count > 0) for task, count in counts.labelled.items()}
    else:
        counts.pictures = len(pictures)
    return counts


def row_labels(table: pa.Table) -> FrameLabels:
    """The labels in rows of FACES; null becomes NaN or -1."""
    return FrameLabels(
        valence=_column(table, "valence", np.nan).astype(np.float32),
        arousal=_column(table, "arousal", np.nan).astype(np.float32),
        expression=_column(table, "expression", NO_EXPRESSION).astype(np.int8),
        action_units=_units(table["au"].combine_chunks()),
        compound=_column(table, "compound", NO_COMPOUND).astype(np.int8),
    )


def _column(table: pa.Table, name: str, mark: float) -> NDArray[np.generic]:
    column = table[name]
    filled: NDArray[np.generic] = pc.fill_null(column, pa.scalar(mark, column.type)).to_numpy()
    return filled


def _units(lists: pa.Array) -> NDArray[np.int8]:
    made = np.full((len(lists), len(ACTION_UNITS)), NO_ACTION_UNIT, np.int8)
    known: Sequence[bool] = pc.is_valid(lists).to_numpy(zero_copy_only=False)
    values = pc.fill_null(lists.flatten(), pa.scalar(NO_ACTION_UNIT, pa.int8())).to_numpy(zero_copy_only=False)
    made[known] = values.reshape(-1, len(ACTION_UNITS))
    return made
