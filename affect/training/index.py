"""Which rows of the pre-processed files carry which labels: the label columns alone, a few bytes a row."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from affect import samples, storage
from affect.annotation.balance import quadrants
from affect.errors import AffectError
from affect.labels import (
    ACTION_UNITS,
    COMPOUND_EXPRESSIONS,
    EXPRESSIONS,
    NO_COMPOUND,
    NO_EXPRESSION,
    NO_IDENTITY,
)
from affect.networks.spec import Head, NetworkSpec
from affect.preprocessing.settings import Preprocessing

LABEL_COLUMNS = ["success", "valence", "arousal", "expression", "au", "compound"]

PLACE_COLUMNS = ["video", "person", "frame"]


@dataclass(frozen=True)
class Rows:
    """Rows by row group: ``group`` (n,) index into LabelIndex.groups, ``row`` (n,) position within the group."""

    group: NDArray[np.int32]
    row: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.group)


@dataclass(frozen=True)
class Seen:
    """Every row that shows what the network takes, in order of storage, and what is annotated in it."""

    rows: Rows
    frame: NDArray[np.int32]
    """Within its video."""
    begins: NDArray[np.bool_]
    """Whether it is the first of another person or video."""
    labelled: dict[Head, NDArray[np.bool_]]
    kinds: dict[Head, NDArray[np.int8]] = field(default_factory=dict)
    """Of heads that can be balanced, which of balance.KINDS each row is; -1 where it is not annotated."""


@dataclass(frozen=True)
class LabelIndex:
    """The rows of one split that show what a network takes, by what is annotated in them."""

    groups: tuple[tuple[str, int], ...]
    """(file, number of the row group in it)"""
    sets: dict[Head, Rows]
    frames: int
    """Rows of the split, with or without a face."""
    corpora: tuple[tuple[str, str, bool], ...]
    """(corpus, fingerprint of its rows, whether it is synthetic)"""
    preprocessing: Preprocessing
    """What made the rows, all of them."""
    takes: tuple[str, ...]
    """What is read of each row, as NetworkSpec.takes."""
    seen: Seen | None = None
    """Of networks that take sequences."""
    kinds: dict[Head, NDArray[np.int8]] = field(default_factory=dict)
    """As Seen.kinds, of each row of the head's set."""
    identities: tuple[str, ...] = ()
    """The classes of an identity head."""


class Sources:
    """Where rows come from, file by file: their corpora and the settings that made them."""

    def __init__(self) -> None:
        self._fingerprints: dict[str, list[str]] = {}
        self._synthetic: dict[str, bool] = {}
        self._settings: dict[str, str] = {}

    def add(self, uri: str, file: pq.ParquetFile) -> None:
        details = samples.details_in(file)
        corpus = corpus_of(uri)
        self._fingerprints.setdefault(corpus, []).append(file.schema_arrow.metadata[b"affect.fingerprint"].decode())
        self._synthetic[corpus] = self._synthetic.get(corpus, False) or details["synthetic"]
        self._settings.setdefault(json.dumps(details["settings"], sort_keys=True), uri)

    @property
    def corpora(self) -> tuple[tuple[str, str, bool], ...]:
        """As LabelIndex.corpora."""
        return tuple(
            (name, hashlib.sha256("".join(sorted(prints)).encode()).hexdigest()[:16], self._synthetic[name])
            for name, prints in sorted(self._fingerprints.items())
        )

    @property
    def preprocessing(self) -> Preprocessing:
        """What made all the rows. Raises AffectError when rows were made with different settings."""
        if len(self._settings) > 1:
            raise AffectError(
                f"{' and '.join(self._settings.values())} were pre-processed with different settings, and a model has "
                "one way to see: run jobs.preprocess on all the corpora with the same --set values"
            )
        return Preprocessing.parse(json.loads(next(iter(self._settings))))


def corpus_of(uri: str) -> str:
    """The corpus of a file of faces."""
    return uri.rsplit("/", 3)[-3]


def build_index(folders: Sequence[str], split: str, network: NetworkSpec, corpora: Sequence[str] = ()) -> LabelIndex:
    """Read the label columns of every file of ``split`` below ``folders``, of ``corpora`` where some are named.

    A row belongs to a head's set when it shows what ``network`` takes (a face, its 68 landmarks, sound beside it) and
    has that head's label: both of valence and arousal, an expression, at least one of its action units, one of its
    compound expressions, one of its identities as the subject. Raises AffectError when there is nothing of the split,
    when no row has what the network takes, or when rows were made with different settings: a model has one way to see.
    """
    files = require_rows(folders, split, corpora)
    index, with_face, seen = index_files(files, network)
    if with_face and not seen:
        raise AffectError(lacks(split, network, files))
    return index


def lacks(split: str, network: NetworkSpec, files: Sequence[str]) -> str:
    """What to say where no row of ``files`` with a face shows what ``network`` takes."""
    heard = "sound" not in network.streams or any(storage.exists(samples.sound_beside(uri)) for uri in files)
    lacking = "the 68 landmarks; run jobs.preprocess with --set landmarks68=true" if heard else "sound"
    return f"no row of split {split!r} has {lacking}, which the network takes"


def index_files(files: Sequence[str], network: NetworkSpec, *, whole: bool = False) -> tuple[LabelIndex, int, int]:
    """``build_index`` of ``files``, and how many of their rows have a face and how many show what ``network`` takes.

    With ``whole`` Seen is kept of every network. Raises AffectError where rows were made with different settings.
    """
    groups: list[tuple[str, int]] = []
    parts: list[_Part] = []
    sources = Sources()
    frames, with_face = 0, 0
    columns = [*LABEL_COLUMNS, *PLACE_COLUMNS, *_needed(network), *(["subject"] if network.identities else [])]
    for uri in files:
        file = samples.open_parquet(uri)
        sources.add(uri, file)
        audible = "sound" not in network.streams or storage.exists(samples.sound_beside(uri))
        for number in range(file.num_row_groups):
            table = file.read_row_group(number, columns=columns)
            frames += table.num_rows
            with_face += pc.sum(table["success"]).as_py() or 0
            if audible:
                parts.append(_part(table, len(groups), network))
            groups.append((uri, number))
    preprocessing = sources.preprocessing
    seen = _join(parts)
    index = LabelIndex(
        groups=tuple(groups),
        sets={head: Rows(seen.rows.group[has], seen.rows.row[has]) for head, has in seen.labelled.items()},
        frames=frames,
        corpora=sources.corpora,
        preprocessing=preprocessing,
        takes=tuple(network.takes),
        identities=network.identities,
        seen=seen if whole or network.sequential else None,
        kinds={head: kinds[seen.labelled[head]] for head, kinds in seen.kinds.items()},
    )
    return index, with_face, len(seen.rows)


def list_rows(folders: Sequence[str], split: str, corpora: Sequence[str] = ()) -> list[str]:
    """URIs of the files of ``split``, of ``corpora`` or of all."""
    return [file for folder in folders for name in corpora or [""] for file in samples.list_faces(folder, name, split)]


def require_rows(folders: Sequence[str], split: str, corpora: Sequence[str] = ()) -> list[str]:
    """``list_rows``; AffectError where there are none, with what is there and what to do."""
    files = list_rows(folders, split, corpora)
    if not files:
        raise AffectError(_nothing(folders, split, corpora))
    return files


def held_corpora(folders: Sequence[str]) -> list[str]:
    """Names of the corpora that have rows below ``folders``."""
    return sorted({name for folder in folders for name in storage.list_folders(storage.join(folder, "faces"))})


def _nothing(folders: Sequence[str], split: str, corpora: Sequence[str]) -> str:
    """Why there is no row, and what to do."""
    if not folders:
        return "no folder of rows is given; name one that jobs.preprocess wrote with --data or --set data=[URI]"
    places = ", ".join(folders)
    held = held_corpora(folders)
    if split != "train" and list_rows(folders, "train", corpora):
        return (
            f"no pre-processed rows of split {split!r} in {places}, only of others; divide the training split with "
            "jobs.partition CORPUS --set within=train and preprocess it with --set splits=OUT/splits.csv"
        )
    if not corpora or not held:
        return f"no pre-processed rows of split {split!r} in {places}; run jobs.preprocess first"
    return (
        f"no pre-processed rows of split {split!r} of {' or '.join(corpora)} in {places}, which has {', '.join(held)}; "
        f"run jobs.preprocess {corpora[0]}, or --set corpora=[] to use what is there"
    )


def annotated(table: pa.Table, network: NetworkSpec) -> dict[Head, NDArray[np.bool_]]:
    """For each head of ``network``, which rows of ``table`` carry its label."""
    labels = label_arrays(table, network.identities)
    units = [ACTION_UNITS.index(unit) for unit in network.action_units]
    present: dict[Head, NDArray[np.bool_]] = {
        "valence_arousal": np.isfinite(labels["valence_arousal"]).all(axis=1),
        "expression": labels["expression"] != NO_EXPRESSION,
        "action_units": np.any(labels["action_units"][:, units] >= 0, axis=1),
        "compound": _named(labels["compound"], COMPOUND_EXPRESSIONS, network.compounds)
        | _named(labels["expression"], EXPRESSIONS, network.compounds),
        "identity": labels["identity"] != NO_IDENTITY,
    }
    return {head: present[head] for head in network.heads}


def kinds(table: pa.Table, network: NetworkSpec) -> dict[Head, NDArray[np.int8]]:
    """For each head of ``network`` that can be balanced, which of balance.KINDS each row is, -1 where not annotated."""
    labels = label_arrays(table)
    known: dict[Head, NDArray[Any]] = {
        "valence_arousal": quadrants(*labels["valence_arousal"].T),
        "expression": labels["expression"],
    }
    return {head: kind.astype(np.int8) for head, kind in known.items() if head in network.heads}


def label_arrays(table: pa.Table, identities: Sequence[str] = ()) -> dict[str, NDArray[Any]]:
    """The labels of a table of faces as arrays in which NaN and -1 mark what was not annotated.

    valence_arousal float32 (n, 2), expression int64 (n,), action_units int8 (n, 17), compound int64 (n,), identity
    int64 (n,), index of the subject in ``identities``; without any the subject is not looked at.
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
        "expression": pc.fill_null(table["expression"], NO_EXPRESSION).to_numpy().astype(np.int64),
        "action_units": flat,
        "compound": pc.fill_null(table["compound"], NO_COMPOUND).to_numpy().astype(np.int64),
        "identity": _identities(table, identities),
    }


def expression_votes(table: pa.Table) -> NDArray[np.float32]:
    """How many annotators chose each expression, (n, 7); NaN where nobody was asked."""
    votes = table["expression_votes"].combine_chunks()
    counts = np.full((len(votes), len(EXPRESSIONS)), np.nan, np.float32)
    asked = votes.is_valid().to_numpy(zero_copy_only=False)
    counts[asked] = votes.flatten().to_numpy(zero_copy_only=False).reshape(-1, len(EXPRESSIONS))
    return counts


def _identities(table: pa.Table, identities: Sequence[str]) -> NDArray[np.int64]:
    if not identities:
        return np.full(table.num_rows, NO_IDENTITY, np.int64)
    known = pc.index_in(table["subject"], value_set=pa.array(identities, pa.string()))
    places: NDArray[np.int64] = pc.fill_null(known, NO_IDENTITY).to_numpy().astype(np.int64)
    return places


@dataclass(frozen=True)
class _Part:
    """``Seen`` of one row group; ``who`` is the video and person of each row, where sequences are needed."""

    group: int
    row: NDArray[np.int32]
    frame: NDArray[np.int32]
    who: NDArray[Any] | None
    labelled: dict[Head, NDArray[np.bool_]]
    kinds: dict[Head, NDArray[np.int8]]


def _needed(network: NetworkSpec) -> list[str]:
    return ["landmarks68"] if network.landmarks else []


def _part(table: pa.Table, group: int, network: NetworkSpec) -> _Part:
    usable = table["success"].to_numpy(zero_copy_only=False)
    for name in _needed(network):
        usable = usable & pc.is_valid(table[name]).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(usable).astype(np.int32)
    labelled = {head: has[rows] for head, has in annotated(table, network).items()}
    of_kind = {head: kind[rows] for head, kind in kinds(table, network).items()}
    who = None
    if network.sequential:
        who = pc.binary_join_element_wise(table["video"], table["person"], "/").to_numpy(zero_copy_only=False)[rows]
    return _Part(group, rows, table["frame"].to_numpy()[rows], who, labelled, of_kind)


def _join(parts: list[_Part]) -> Seen:
    if not parts:
        nothing = np.empty(0, np.int32)
        return Seen(Rows(nothing, nothing), nothing, np.empty(0, bool), {})
    named = [part.who for part in parts if part.who is not None]
    who = np.concatenate(named) if named else np.zeros(sum(len(part.row) for part in parts), np.int8)
    return Seen(
        rows=Rows(
            np.concatenate([np.full(len(part.row), part.group, np.int32) for part in parts]),
            np.concatenate([part.row for part in parts]),
        ),
        frame=np.concatenate([part.frame for part in parts]),
        begins=np.concatenate([[True], who[1:] != who[:-1]])[: len(who)],
        labelled={head: np.concatenate([part.labelled[head] for part in parts]) for head in parts[0].labelled},
        kinds={head: np.concatenate([part.kinds[head] for part in parts]) for head in parts[0].kinds},
    )


def _named(labels: NDArray[Any], vocabulary: Sequence[str], names: Sequence[str]) -> NDArray[np.bool_]:
    return np.isin(labels, [index for index, name in enumerate(vocabulary) if name in names])
