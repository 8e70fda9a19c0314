"""Every face of a clip on local disk while its frames stream by, since only the last one tells whom to follow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from affect.media.pictures import encode_jpeg
from affect.preprocessing.looking import Seen

ROWS_PER_BATCH = 64

SPILL = pa.schema(
    [
        ("frame", pa.int32()),
        ("track", pa.int32()),
        ("image", pa.binary()),
        ("box", pa.list_(pa.float32(), 4)),
        ("score", pa.float32()),
        ("landmarks5", pa.list_(pa.float32(), 10)),
        ("landmarks68", pa.list_(pa.float32(), 136)),
    ]
)


@dataclass(frozen=True)
class Face:
    """A face of one frame: the crop as JPEG, where it was as far as known, and the track it belongs to."""

    frame: int
    track: int
    image: bytes
    box: list[float]
    score: float | None
    landmarks5: list[float] | None
    landmarks68: list[float] | None = None


def face_of(seen: Seen, frame: int, track: int, quality: int) -> Face:
    """``seen`` with its crop encoded."""
    five, points = (None if one is None else one.reshape(-1).tolist() for one in (seen.landmarks5, seen.landmarks68))
    return Face(frame, track, encode_jpeg(seen.crop, quality), seen.box.tolist(), seen.score, five, points)


class Spill:
    """Use as ``with Spill(path) as spill:``; add faces in order of frames, ``finish``, then read some tracks' faces."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._pending: list[Face] = []
        self._tracks: list[frozenset[int]] = []  # of each batch

    def __enter__(self) -> Self:
        self._sink = pa.OSFile(str(self.path), "wb")
        self._writer = pa.ipc.new_file(self._sink, SPILL)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sink.close()
        self.path.unlink(missing_ok=True)

    def add(self, face: Face) -> None:
        self._pending.append(face)
        if len(self._pending) == ROWS_PER_BATCH:
            self._flush()

    def finish(self) -> None:
        """No more faces come; from here on they can be read."""
        self._flush()
        self._writer.close()
        self._sink.close()

    def read(self, tracks: Iterable[int]) -> Iterator[Face]:
        """The faces of ``tracks`` in order of frames, a batch in memory at a time."""
        wanted = frozenset(tracks)
        # Read, not mapped: mapped pages would count as this process's memory.
        with pa.OSFile(str(self.path), "rb") as source:
            reader = pa.ipc.open_file(source)
            for number, present in enumerate(self._tracks):
                if present & wanted:
                    rows: list[dict[str, Any]] = reader.get_batch(number).to_pylist()
                    yield from (Face(**row) for row in rows if row["track"] in wanted)

    def _flush(self) -> None:
        if self._pending:
            columns = {name: [getattr(face, name) for face in self._pending] for name in SPILL.names}
            self._writer.write_batch(pa.record_batch(columns, schema=SPILL))
            self._tracks.append(frozenset(face.track for face in self._pending))
            self._pending = []
