"""The one schema of a pre-processed frame or picture, and how it lies on disk.

One Parquet file per video (or picture), at ``<folder>/faces/<corpus>/<split>/<video>.parquet``: a row for every decoded
frame of every person followed, persons one after the other, frames in order. A label that was not annotated is null;
a frame in which no face was found has ``success = false``, a reason and no picture. Row groups hold at most
ROWS_PER_GROUP rows and never mix persons, so that training can read and shuffle at their grain.

One Parquet file per video with sound, at ``<folder>/sound/<corpus>/<split>/<video>.parquet``: a row for every column of
the spectrogram.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from affect import storage
from affect.errors import AffectError
from affect.labels import ACTION_UNITS, EXPRESSIONS

SCHEMA_VERSION = 1

ROWS_PER_GROUP = 256

FACES = pa.schema(
    [
        pa.field("corpus", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("video", pa.string(), nullable=False),
        pa.field("subject", pa.string()),
        pa.field("person", pa.string(), nullable=False),  # main, left, right, or a number
        pa.field("frame", pa.int32(), nullable=False),  # 0-based index of the decoded frame
        pa.field("time_s", pa.float64(), nullable=False),
        pa.field("success", pa.bool_(), nullable=False),
        pa.field("reason", pa.string()),  # why success is false
        pa.field("image", pa.binary()),  # JPEG of the aligned crop, RGB
        pa.field("box", pa.list_(pa.float32(), 4)),  # x, y, width, height in pixels of the upright frame
        pa.field("score", pa.float32()),  # the detector's, 0 to 1
        pa.field("landmarks5", pa.list_(pa.float32(), 10)),  # x, y of eyes, nose, mouth corners; picture-left first
        pa.field("landmarks68", pa.list_(pa.float32(), 136)),
        pa.field("valence", pa.float32()),
        pa.field("arousal", pa.float32()),
        pa.field("expression", pa.int8()),  # index into EXPRESSIONS
        pa.field("compound", pa.int8()),
        pa.field("au", pa.list_(pa.int8(), len(ACTION_UNITS))),  # entries may be null one by one
        pa.field("expression_votes", pa.list_(pa.float32(), len(EXPRESSIONS))),
    ]
)

SOUND_BINS = 728
"""Frequencies of a spectrogram column: a window of 1,455 samples gives 1455 // 2 + 1."""

SOUND = pa.schema(
    [
        pa.field("column", pa.int32(), nullable=False),
        pa.field("time_s", pa.float64(), nullable=False),  # centre of the column's window
        pa.field("spectrum", pa.binary(SOUND_BINS), nullable=False),  # uint8: 0 is -1, 255 is +1
    ]
)

_VERSION_KEY = b"affect.schema_version"
_FINGERPRINT_KEY = b"affect.fingerprint"
_DETAILS_KEY = b"affect.details"


def faces_uri(folder: str, corpus: str, split: str, video: str) -> str:
    return storage.join(folder, "faces", corpus, split, f"{video}.parquet")


def sound_uri(folder: str, corpus: str, split: str, video: str) -> str:
    return storage.join(folder, "sound", corpus, split, f"{video}.parquet")


def sound_beside(faces: str) -> str:
    """Where the sound of a file of faces lies."""
    root, _, *place = faces.rsplit("/", 4)
    return storage.join(root, "sound", *place)


def write_parquet(
    uri: str,
    schema: pa.Schema,
    tables: Iterable[pa.Table],
    fingerprint: str,
    details: Callable[[], dict[str, Any]] | None = None,
) -> int:
    """Write ``tables`` as row groups of one file, whole or not at all; returns the number of rows.

    ``fingerprint`` names the settings that made the rows; what ``details`` gives when all are written is kept beside
    it as JSON.
    """
    metadata = {
        _VERSION_KEY: str(SCHEMA_VERSION).encode(),
        _FINGERPRINT_KEY: fingerprint.encode(),
    }
    rows = 0
    with (
        storage.whole_file(uri) as path,
        pq.ParquetWriter(path, schema.with_metadata(metadata), compression="zstd") as writer,
    ):
        for table in tables:
            writer.write_table(table.cast(schema), row_group_size=ROWS_PER_GROUP)
            rows += table.num_rows
        writer.add_key_value_metadata({_DETAILS_KEY: json.dumps(details() if details else {}).encode()})
    return rows


def open_parquet(uri: str | Path) -> pq.ParquetFile:
    """Open a file of samples after checking that this version of the code reads it."""
    filesystem, path = storage.resolve(uri)
    try:
        file = pq.ParquetFile(path, filesystem=filesystem, pre_buffer=True)
    except FileNotFoundError as error:
        raise AffectError(f"{uri} does not exist") from error
    except pa.ArrowInvalid as error:
        raise AffectError(
            f"{uri} is not a readable Parquet file ({error}); delete it and run preprocess again"
        ) from error
    version = (file.schema_arrow.metadata or {}).get(_VERSION_KEY)
    if version != str(SCHEMA_VERSION).encode():
        found = "none" if version is None else version.decode()
        raise AffectError(
            f"{uri} has schema version {found}, this code reads {SCHEMA_VERSION}; "
            "run preprocess again into a new folder"
        )
    return file


def fingerprint_of(uri: str) -> str | None:
    """The fingerprint a file was written with; None when there is no such file."""
    if not storage.exists(uri):
        return None
    fingerprint: bytes = open_parquet(uri).schema_arrow.metadata[_FINGERPRINT_KEY]
    return fingerprint.decode()


def details_of(uri: str) -> dict[str, Any]:
    """What was kept beside the fingerprint of a file."""
    return details_in(open_parquet(uri))


def details_in(file: pq.ParquetFile) -> dict[str, Any]:
    """``details_of`` an open file."""
    details: dict[str, Any] = json.loads(file.metadata.metadata[_DETAILS_KEY])
    return details


def list_faces(folder: str, corpus: str = "", split: str = "") -> list[str]:
    """URIs of the face files below ``folder``, sorted, optionally of one corpus and split."""
    root = storage.join(folder, "faces", *filter(None, [corpus]))
    files = storage.list_files(root, suffix=".parquet")
    return [file for file in files if not split or file.rsplit("/", 2)[-2] == split]


def read_faces(uris: Iterable[str], columns: list[str] | None = None) -> Iterator[pa.Table]:
    """One table per row group, in order; never more than one row group in memory."""
    for uri in uris:
        file = open_parquet(uri)
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, columns=columns)
