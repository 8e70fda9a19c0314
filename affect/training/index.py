"""Which rows of the pre-processed files carry which labels: the label columns alone, a few bytes a row."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from affect import samples
from affect.errors import AffectError
from affect.labels import ACTION_UNITS
from affect.networks.spec import Head
from affect.preprocessing.settings import Preprocessing

LABEL_COLUMNS = ["success", "valence", "arousal", "expression", "au"]


@dataclass(frozen=True)
class Rows:
    """Rows by row group: ``group`` (n,) index into LabelIndex.groups, ``row`` (n,) position within the group."""

    group: NDArray[np.int32]
    row: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.group)


@dataclass(frozen=True)
class LabelIndex:
    """The rows of one split that show a face, by what is annotated in them."""

    groups: tuple[tuple[str, int], ...]
    """(file, number of the row group in it)"""
    sets: dict[Head, Rows]
    frames: int
    """Rows of the split, with or without a face."""
    corpora: tuple[tuple[str, str, bool], ...]
    """(corpus, fingerprint of its rows, whether it is synthetic)"""
    preprocessing: Preprocessing
    """What made the rows, all of them."""


def build_index(folders: Sequence[str], split: str, heads: Sequence[Head], action_units: Sequence[int]) -> LabelIndex:
    """Read the label columns of every file of ``split`` below ``folders``.

    A row belongs to a head's set when it shows a face and has that head's label: both of valence and arousal, an
    expression, at least one of ``action_units``. Raises AffectError when there is nothing of the split, or when its
    rows were made with different settings: a model has one way to see.
    """
    files = [file for folder in folders for file in samples.list_faces(folder, split=split)]
    if not files:
        places = ", ".join(folders) or "no folder given; name one with --set data=[URI]"
        raise AffectError(f"no pre-processed rows of split {split!r} in {places}; run jobs.preprocess first")
    columns = [ACTION_UNITS.index(unit) for unit in action_units]
    groups: list[tuple[str, int]] = []
    found: dict[Head, list[tuple[int, NDArray[np.int32]]]] = {head: [] for head in heads}
    fingerprints: dict[str, list[str]] = {}
    synthetic: dict[str, bool] = {}
    settings: dict[str, str] = {}
    frames = 0
    for uri in files:
        file = samples.open_parquet(uri)
        details = json.loads(file.schema_arrow.metadata[b"affect.details"])
        corpus = uri.rsplit("/", 3)[-3]
        fingerprints.setdefault(corpus, []).append(file.schema_arrow.metadata[b"affect.fingerprint"].decode())
        synthetic[corpus] = synthetic.get(corpus, False) or details["synthetic"]
        settings.setdefault(json.dumps(details["settings"], sort_keys=True), uri)
        for number in range(file.num_row_groups):
            table = file.read_row_group(number, columns=LABEL_COLUMNS)
            frames += table.num_rows
            for head, labelled in annotated(table, columns).items():
                rows = np.flatnonzero(labelled).astype(np.int32)
                if head in found and len(rows):
                    found[head].append((len(groups), rows))
            groups.append((uri, number))
    if len(settings) > 1:
        raise AffectError(
            f"{' and '.join(settings.values())} were pre-processed with different settings, and a model has one way to "
            "see: run jobs.preprocess on all the corpora with the same --set values"
        )
    return LabelIndex(
        groups=tuple(groups),
        sets={head: _join(parts) for head, parts in found.items()},
        frames=frames,
        corpora=tuple(
            (name, hashlib.sha256("".join(sorted(prints)).encode()).hexdigest()[:16], synthetic[name])
            for name, prints in sorted(fingerprints.items())
        ),
        preprocessing=Preprocessing.parse(json.loads(next(iter(settings)))),
    )


def annotated(table: pa.Table, action_unit_columns: Sequence[int]) -> dict[Head, NDArray[np.bool_]]:
    """For each head, which rows of ``table`` show a face and carry its label."""
    success = table["success"].to_numpy(zero_copy_only=False)
    units = label_arrays(table)["action_units"][:, list(action_unit_columns)]
    present: dict[Head, NDArray[np.bool_]] = {
        "valence_arousal": pc.and_(pc.is_valid(table["valence"]), pc.is_valid(table["arousal"])).to_numpy(),
        "expression": pc.is_valid(table["expression"]).to_numpy(),
        "action_units": np.any(units >= 0, axis=1),
    }
    return {head: values & success for head, values in present.items()}


def label_arrays(table: pa.Table) -> dict[str, NDArray[Any]]:
    """The labels of a table of faces as arrays in which NaN and -1 mark what was not annotated.

    valence_arousal float32 (n, 2), expression int64 (n,), action_units int8 (n, 17).
    """
    units = table["au"].combine_chunks()
    flat = np.full((len(units), len(ACTION_UNITS)), -1, np.int8)
    if len(units):
        present = units.is_valid().to_numpy(zero_copy_only=False)
        flat[present] = pc.fill_null(units.flatten(), -1).to_numpy(zero_copy_only=False).reshape(-1, len(ACTION_UNITS))
    return {
        "valence_arousal": np.stack(
            [table[name].to_numpy(zero_copy_only=False).astype(np.float32) for name in ("valence", "arousal")], axis=1
        ),
        "expression": pc.fill_null(table["expression"], -1).to_numpy().astype(np.int64),
        "action_units": flat,
    }


def _join(parts: list[tuple[int, NDArray[np.int32]]]) -> Rows:
    if not parts:
        return Rows(np.empty(0, np.int32), np.empty(0, np.int32))
    return Rows(
        group=np.concatenate([np.full(len(rows), group, np.int32) for group, rows in parts]),
        row=np.concatenate([rows for _, rows in parts]),
    )
