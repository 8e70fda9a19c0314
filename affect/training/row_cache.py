"""Files of rows on S3, kept on the disk of each node that trains on them.

A file comes over the network once a node, whole, rather than a row group at a time for every run and epoch. Rows are
written once and never changed, so a copy is known by URI, size and time of change. What lies on a disk already is read
where it is.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
from pyarrow import fs

from affect import samples, storage

PLACE = "AFFECT_ROW_CACHE"
"""The variable that names the folder; below the temporary folder when it is not set."""

UNUSED_S = 24 * 3600.0
"""Copies that were not read for so long make room for others."""

FREE_SHARE = 0.1
"""Of the disk, that is left free whatever the bound."""

GIB = 2**30


class RowCache:
    """Opens files of rows; those that are not on a local disk are kept in ``folder``, up to ``gib`` GiB of them.

    When it is full, files that are not in it are read from where they are. Copies are not put out for others that are
    read now: reading more than it holds in turn, epoch after epoch, would then copy everything each time.
    """

    def __init__(self, gib: float, folder: Path | None = None) -> None:
        default = Path(tempfile.gettempdir()) / f"affect-rows-{os.getuid()}"
        self.folder = folder or Path(os.environ.get(PLACE) or default)
        self.bytes = int(gib * GIB)

    def open(self, uri: str) -> pq.ParquetFile:
        """As samples.open_parquet."""
        filesystem, path = storage.resolve(uri)
        if not self.bytes or isinstance(filesystem, fs.LocalFileSystem):
            return samples.open_parquet(uri)
        info = filesystem.get_file_info(path)
        if info.type != fs.FileType.File:
            return samples.open_parquet(uri)  # tells what is wrong
        known = f"{uri}\n{info.size}\n{info.mtime_ns}"
        copy = self.folder / f"{hashlib.sha256(known.encode()).hexdigest()}.parquet"
        if self._read_now(copy):
            return samples.open_parquet(copy)
        with self._alone(copy.stem[:2]):  # of several that want a file, one fetches it
            if self._read_now(copy) or self._fetch(filesystem, path, int(info.size), copy):
                return samples.open_parquet(copy)
        return samples.open_parquet(uri)

    def _read_now(self, copy: Path) -> bool:
        """Whether it is there; it then counts as read just now."""
        try:
            os.utime(copy)
        except FileNotFoundError:
            return False
        return True

    @contextlib.contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _fetch(self, filesystem: fs.FileSystem, path: str, size: int, copy: Path) -> bool:
        partial, taken = (self.folder / f".{uuid.uuid4().hex}.{kind}" for kind in ("part", "taken"))
        try:
            with self._alone("room"):
                if not self._has_room(size):
                    return False
                taken.touch()
                os.truncate(taken, size)  # takes no room itself, and tells others of it
            fs.copy_files(path, str(partial), source_filesystem=filesystem, destination_filesystem=fs.LocalFileSystem())
            if partial.stat().st_size != size:
                return False
            partial.replace(copy)
        finally:
            partial.unlink(missing_ok=True)
            taken.unlink(missing_ok=True)
        return True

    def _has_room(self, size: int) -> bool:
        """Whether ``size`` bytes fit. Copies that nobody reads any more, and what lost processes left, are deleted."""
        held, now = 0, time.time()
        for file in self.folder.iterdir():
            if file.suffix not in {".parquet", ".part", ".taken"}:
                continue
            with contextlib.suppress(FileNotFoundError):  # another process may have ended with it
                found = file.stat()
                if now - found.st_mtime > UNUSED_S:
                    file.unlink()
                elif file.suffix != ".part":
                    held += found.st_size
        disk = shutil.disk_usage(self.folder)
        return held + size <= self.bytes and disk.free - size >= FREE_SHARE * disk.total
