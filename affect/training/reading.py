"""From planned steps to the pictures and labels of each: one worker's whole run as a sequence of reads."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from affect import samples
from affect.faces.alignment import in_crop
from affect.labels import ACTION_UNITS, EXPRESSIONS
from affect.media.sound import first_column, frame_picture
from affect.networks.inputs import LANDMARK_VALUES
from affect.preprocessing.settings import Preprocessing
from affect.training.index import LABEL_COLUMNS, LabelIndex, expression_votes, label_arrays
from affect.training.plan import PassPlan, Phase, Span, StepRows, TrainPlan
from affect.training.windows import Items

STEPS = pa.schema(
    [
        ("phase", pa.string()),
        ("epoch", pa.int32()),
        ("step", pa.int32()),
        ("total", pa.int64()),  # rows of the global batch
        ("closes", pa.bool_()),  # the phase ends here; such a row has no pictures
        ("position", pa.list_(pa.int64())),  # of each row in the global batch
        ("group", pa.list_(pa.int32())),  # of each row, in LabelIndex.groups
        ("lengths", pa.list_(pa.int64())),  # of the sequences that the rows make up
        ("image", pa.list_(pa.binary())),
        ("sound", pa.list_(pa.binary())),  # uint8 pictures of sound.frame_picture, not encoded
        ("landmarks", pa.list_(pa.float32())),  # 68, in pixels of the crop
        ("valence_arousal", pa.list_(pa.float32())),
        ("expression", pa.list_(pa.int64())),
        ("action_units", pa.list_(pa.int8())),
        ("compound", pa.list_(pa.int64())),
        ("identity", pa.list_(pa.int64())),
        ("votes", pa.list_(pa.float32())),  # 7 a row, NaN where nobody was asked
    ]
)
"""A row is one worker's part of one step; the lists hold its rows' inputs and labels, flattened.

Of what the network does not take the lists are empty.
"""

PASS_STEPS_PER_READ = 8

Opened = Callable[[str], pq.ParquetFile]
"""What opens a file of rows: samples.open_parquet, or RowCache.open."""


@dataclass(frozen=True)
class Read:
    """A part of a run that is read at once: a span of steps of a phase."""

    phase: Phase
    epoch: int
    span: Span
    closes: bool
    full: bool = False
    """Of the cluster centres: from all rows rather than from a sample of them."""


class Course:
    """The reads of a whole run in order: for each epoch training, cluster centres and validation, then the last passes.

    The same on every worker but for ``rank`` and ``world``, so that all of them meet each phase and step together.
    """

    def __init__(
        self,
        train: TrainPlan,
        validation: Items,
        test: Items | None,
        epochs: int,
        centre_rows: int | None,
        passes_again: bool,
    ) -> None:
        self.train = train
        self.epochs = epochs
        self.passes: dict[tuple[Phase, bool], PassPlan] = {("validation", False): PassPlan(validation, train.batch)}
        if test is not None:
            self.passes["test", False] = PassPlan(test, train.batch)
        if centre_rows is not None:
            expressive = train.items.sets["expression"]
            rows = train.items.lengths(expressive).mean() if len(expressive) else 1
            some = math.ceil(centre_rows / rows)
            self.passes["centres", False] = PassPlan(train.items, train.batch, ("expression",), limit=some)
            self.passes["centres", True] = PassPlan(train.items, train.batch, ("expression",))
        self.final: list[tuple[Phase, bool]] = []
        if passes_again or centre_rows is not None:
            if centre_rows is not None:
                self.final.append(("centres", True))
            self.final.append(("validation", False))
        if test is not None:
            self.final.append(("test", False))

    def reads(self, world: int, epoch: int = 0, step: int = 0) -> list[Read]:
        """Every read from training step ``step`` of ``epoch`` on; ``epoch == epochs`` leaves the last passes."""
        reads: list[Read] = []
        for number in range(epoch, self.epochs):
            start = step if number == epoch else 0
            spans = list(self.train.spans(start))
            reads += [Read("train", number, span, closes=span is spans[-1]) for span in spans]
            if ("centres", False) in self.passes:
                reads += self._pass("centres", number, full=False, world=world)
            reads += self._pass("validation", number, full=False, world=world)
        for phase, full in self.final:
            reads += self._pass(phase, self.epochs, full=full, world=world)
        return reads

    def _pass(self, phase: Phase, epoch: int, *, full: bool, world: int) -> list[Read]:
        # Ranks may differ by one step: all follow the longest, the others' last read is simply shorter.
        longest = max(len(self.passes[phase, full].steps(rank, world)) for rank in (0, world - 1))
        firsts = range(0, max(1, longest), PASS_STEPS_PER_READ)
        return [
            Read(phase, epoch, Span(first, first + PASS_STEPS_PER_READ, first), closes=first == firsts[-1], full=full)
            for first in firsts
        ]

    def read(self, read: Read, rank: int, world: int, opened: Opened = samples.open_parquet) -> pa.Table:
        """One worker's steps of a read, in order: a table of STEPS. ``opened`` opens files of rows."""
        if read.phase == "train":
            steps = self.train.steps(read.epoch, read.span, rank, world)
            index = self.train.index
        else:
            plan = self.passes[read.phase, read.full]
            steps = plan.steps(rank, world)[read.span.first : read.span.last]
            index = plan.index
        whole = step_table(index, steps, read.phase, read.epoch, opened)
        if not read.closes:
            return whole
        end: dict[str, Any] = {name: [] for name in _LISTS.names}
        end |= {"phase": read.phase, "epoch": read.epoch, "step": read.span.last, "total": 0, "closes": True}
        return pa.concat_tables([whole, pa.Table.from_pylist([end], schema=STEPS)])


def step_table(
    index: LabelIndex, steps: list[StepRows], phase: Phase, epoch: int, opened: Opened = samples.open_parquet
) -> pa.Table:
    """Pictures and labels of ``steps``, each row group read once: a table of STEPS."""
    table = pa.table(_columns(index, steps, opened), schema=_LISTS)
    fixed = {
        "phase": [phase] * len(steps),
        "epoch": [epoch] * len(steps),
        "step": [step.step for step in steps],
        "total": [step.total for step in steps],
        "closes": [False] * len(steps),
    }
    return pa.table(fixed | {name: table[name] for name in table.column_names}, schema=STEPS)


_LISTS = pa.schema([field for field in STEPS if pa.types.is_list(field.type)])


def _columns(index: LabelIndex, steps: list[StepRows], opened: Opened) -> dict[str, pa.Array]:
    """Pictures and labels of ``steps``, each row group read once."""
    if not steps:
        return {field.name: pa.array([], field.type) for field in _LISTS}
    group = np.concatenate([step.rows.group for step in steps])
    row = np.concatenate([step.rows.row for step in steps])
    wanted = np.unique(group)
    tables = list(_row_groups(index, wanted, opened))
    starts = np.concatenate([[0], np.cumsum([table.num_rows for table in tables])])
    take = starts[np.searchsorted(wanted, group)] + row
    table = pa.concat_tables(tables).take(pa.array(take))
    labels = label_arrays(table, index.identities)

    def lists(values: pa.Array, each: int = 1, counts: list[int] | None = None) -> pa.Array:
        counts = [len(step.rows) for step in steps] if counts is None else counts
        offsets = np.concatenate([[0], np.cumsum(counts)])
        return pa.ListArray.from_arrays(pa.array(offsets * each, pa.int32()), values)

    taken: dict[str, Callable[[], pa.Array]] = {
        "image": lambda: lists(table["image"].combine_chunks()),
        "sound": lambda: lists(pa.array(_sounds(index, group, table["time_s"].to_numpy(), opened), pa.binary())),
        "landmarks": lambda: lists(pa.array(crop_landmarks(table, index.preprocessing).reshape(-1)), LANDMARK_VALUES),
        "lengths": lambda: lists(
            pa.array(np.concatenate([step.lengths for step in steps])), counts=[len(step.lengths) for step in steps]
        ),
    }
    nothing: list[list[int]] = [[]] * len(steps)
    return {
        "position": lists(pa.array(np.concatenate([step.position for step in steps]))),
        "group": lists(pa.array(group)),
        **{
            name: make() if name in index.takes else pa.array(nothing, STEPS.field(name).type)
            for name, make in taken.items()
        },
        "valence_arousal": lists(pa.array(labels["valence_arousal"].reshape(-1)), 2),
        "expression": lists(pa.array(labels["expression"])),
        "action_units": lists(pa.array(labels["action_units"].reshape(-1)), len(ACTION_UNITS)),
        "compound": lists(pa.array(labels["compound"])),
        "identity": lists(pa.array(labels["identity"])),
        "votes": lists(pa.array(expression_votes(table).reshape(-1)), len(EXPRESSIONS)),
    }


def crop_landmarks(table: pa.Table, preprocessing: Preprocessing) -> NDArray[np.float32]:
    """The 68 landmarks of each row in pixels of its crop, (n, 136).

    They are stored in pixels of the frame, and move as the five landmarks that the crop was cut by; of a crop that the
    corpus gave, which has no five, they are in its pixels already.
    """
    points = np.stack(table["landmarks68"].to_numpy()).reshape(-1, 68, 2)
    for row, five in enumerate(table["landmarks5"].to_pylist()):
        if five is not None:
            points[row] = in_crop(points[row], np.reshape(five, (5, 2)), preprocessing.alignment)
    return points.reshape(-1, LANDMARK_VALUES).astype(np.float32)


def _sounds(index: LabelIndex, group: NDArray[np.int32], times: NDArray[np.float64], opened: Opened) -> list[bytes]:
    """The picture of the sound around each row; of every file the columns that are needed are read once."""
    settings = index.preprocessing.sound
    files = np.array([index.groups[number][0] for number in group])
    pictures = [b""] * len(group)
    for faces in np.unique(files):
        rows = np.flatnonzero(files == faces)
        firsts = [first_column(times[row], settings) for row in rows]
        begin = max(0, min(firsts))
        spectrum = _spectrum(opened(samples.sound_beside(faces)), begin, max(firsts) + settings.columns)
        for row in rows:
            pictures[row] = frame_picture(spectrum, times[row], settings, begin).tobytes()
    return pictures


def _spectrum(file: pq.ParquetFile, begin: int, end: int) -> NDArray[np.uint8]:
    """Columns from ``begin`` on, up to ``end`` or the end of the sound, (n, bins)."""
    parts, first = [np.empty((0, samples.SOUND_BINS), np.uint8)], 0
    for number in range(file.num_row_groups):
        last = first + file.metadata.row_group(number).num_rows
        if first < end and last > begin:
            column = file.read_row_group(number, columns=["spectrum"])["spectrum"].combine_chunks()
            values = np.frombuffer(column.buffers()[1], np.uint8).reshape(-1, samples.SOUND_BINS)
            values = values[column.offset : column.offset + len(column)]
            parts.append(values[max(0, begin - first) : end - first])
        first = last
    return np.concatenate(parts)


def _row_groups(index: LabelIndex, groups: NDArray[np.int32], opened: Opened) -> Iterator[pa.Table]:
    inputs = {"image": ["image"], "sound": ["time_s"], "landmarks": ["landmarks5", "landmarks68"], "lengths": []}
    columns = [column for name in index.takes for column in inputs[name]]
    whose = ["subject"] if index.identities else []
    file, uri = None, ""
    for group in groups:
        name, number = index.groups[group]
        if name != uri:
            file, uri = opened(name), name
        assert file is not None
        yield file.read_row_group(number, columns=[*columns, *LABEL_COLUMNS, "expression_votes", *whose])
