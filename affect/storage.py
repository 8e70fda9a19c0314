"""One way to reach files: a local path or an ``s3://`` URI, through pyarrow's file systems.

Credentials, region and endpoint of S3 come from the usual environment (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL and so on).
Files are written whole or not at all: locally under a temporary name that is renamed, on S3 by an upload that becomes
visible when it is complete.
"""

import contextlib
import functools
import os
import tempfile
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from affect.errors import AffectError


def resolve(uri: str | Path) -> tuple[fs.FileSystem, str]:
    """The file system of ``uri`` and the path within it. Relative local paths are taken from the working directory."""
    text = os.fspath(uri)
    scheme, separator, rest = text.partition("://")
    if not separator:
        return fs.LocalFileSystem(), os.path.abspath(os.path.expanduser(text))
    bucket, _, key = rest.partition("/")
    try:
        filesystem = _of_bucket(scheme, bucket, os.environ.get("AWS_ENDPOINT_URL"))
    except (pa.ArrowInvalid, OSError) as error:
        raise AffectError(
            f"cannot use {text!r} as a location: {error}; give a local path or s3://bucket/path"
        ) from error
    return filesystem, f"{bucket}/{key}".rstrip("/")


@functools.lru_cache
def _of_bucket(scheme: str, bucket: str, _endpoint: str | None) -> fs.FileSystem:
    """Made once: it asks the server for the bucket's region. A key may hold what a URI may not, such as spaces."""
    if scheme != "s3":
        raise pa.ArrowInvalid(f"{scheme}:// is not supported")
    return fs.FileSystem.from_uri(f"s3://{bucket}")[0]


def absolute(uri: str | Path) -> str:
    """``uri`` in a form that means the same from any working directory."""
    text = os.fspath(uri)
    return text if "://" in text else os.path.abspath(os.path.expanduser(text))


def join(uri: str | Path, *parts: str) -> str:
    """``uri`` with ``parts`` appended."""
    return "/".join([os.fspath(uri).rstrip("/"), *(part.strip("/") for part in parts)])


def is_local(uri: str | Path) -> bool:
    return isinstance(resolve(uri)[0], fs.LocalFileSystem)


def exists(uri: str | Path) -> bool:
    filesystem, path = resolve(uri)
    return bool(filesystem.get_file_info(path).type != fs.FileType.NotFound)


def list_files(uri: str | Path, suffix: str = "", recursive: bool = True) -> list[str]:
    """URIs of the files below ``uri`` whose names end in ``suffix``, sorted; empty when the folder does not exist."""
    filesystem, path = resolve(uri)
    if isinstance(filesystem, fs.LocalFileSystem):
        files = [file for file in _local_files(path.rstrip("/") or "/", recursive) if file.endswith(suffix)]
    else:
        infos = filesystem.get_file_info(fs.FileSelector(path, allow_not_found=True, recursive=recursive))
        files = [info.path for info in infos if info.type == fs.FileType.File and info.path.endswith(suffix)]
    return sorted(absolute(uri).rstrip("/") + file[len(path.rstrip("/")) :] for file in files)


def list_folders(uri: str | Path) -> list[str]:
    """Names of the folders directly below ``uri``, sorted; empty when the folder does not exist."""
    filesystem, path = resolve(uri)
    if isinstance(filesystem, fs.LocalFileSystem):
        return sorted(entry.name for entry in _entries(path) if entry.is_dir())
    infos = filesystem.get_file_info(fs.FileSelector(path, allow_not_found=True))
    return sorted(info.base_name for info in infos if info.type == fs.FileType.Directory)


def _local_files(folder: str, recursive: bool) -> Iterator[str]:
    """Paths of the files below ``folder``; links are followed, but for those that lead to a folder above."""
    for entry in _entries(folder):
        if entry.is_file():
            yield entry.path
        elif recursive and entry.is_dir():
            leads_to = Path(entry.path).resolve() if entry.is_symlink() else None
            if leads_to is None or not Path(folder).resolve().is_relative_to(leads_to):
                yield from _local_files(entry.path, recursive)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What is in a local folder; nothing where there is none. Raises AffectError where a name is not UTF-8."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except FileNotFoundError:
        return []
    for entry in entries:
        try:
            entry.name.encode()
        except UnicodeEncodeError as error:
            raise AffectError(f"{os.fsencode(entry.name)!r} in {folder} is not UTF-8; rename it") from error
    return entries


def read_bytes(uri: str | Path) -> bytes:
    filesystem, path = resolve(uri)
    try:
        with filesystem.open_input_stream(path) as stream:
            data: bytes = stream.read()
    except FileNotFoundError as error:
        raise AffectError(f"{os.fspath(uri)} does not exist") from error
    return data


def read_parts(uri: str | Path, size: int) -> Generator[bytes, None, None]:
    """The file from its beginning, in parts of at most ``size`` bytes: whoever reads may leave off."""
    filesystem, path = resolve(uri)
    try:
        stream = filesystem.open_input_stream(path)
    except FileNotFoundError as error:
        raise AffectError(f"{os.fspath(uri)} does not exist") from error
    with stream:
        while part := stream.read(size):
            yield part


def read_text(uri: str | Path) -> str:
    return read_bytes(uri).decode("utf-8")


def write_bytes(uri: str | Path, data: bytes) -> None:
    """Write a file whole: a reader sees the old content or the new, never a part."""
    filesystem, path = resolve(uri)
    if isinstance(filesystem, fs.LocalFileSystem):
        with partial_file(Path(path)) as partial:
            partial.write_bytes(data)
            to_disk(partial)
            partial.replace(path)
    else:
        with filesystem.open_output_stream(path) as stream:
            stream.write(data)


def write_text(uri: str | Path, text: str) -> None:
    write_bytes(uri, text.encode("utf-8"))


@contextlib.contextmanager
def partial_file(target: Path) -> Iterator[Path]:
    """A path in the folder of ``target`` to write to first; what is left there in the end is deleted."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{uuid.uuid4().hex}.part")  # a long name of the target's has room for no more
    try:
        yield partial
    finally:
        partial.unlink(missing_ok=True)


def to_disk(path: Path) -> None:
    """Return once the file's content would outlast a loss of power."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


@contextlib.contextmanager
def whole_file(uri: str | Path) -> Iterator[Path]:
    """A local path to write a large file to; it appears at ``uri`` when the block ends without an exception."""
    filesystem, path = resolve(uri)
    if isinstance(filesystem, fs.LocalFileSystem):
        with partial_file(Path(path)) as partial:
            yield partial
            to_disk(partial)
            partial.replace(path)
    else:
        with tempfile.TemporaryDirectory() as folder:
            partial = Path(folder) / "file"
            yield partial
            fs.copy_files(str(partial), path, source_filesystem=fs.LocalFileSystem(), destination_filesystem=filesystem)


@contextlib.contextmanager
def local_copy(uri: str | Path) -> Iterator[Path]:
    """The file as a local path: itself when it is local, a temporary download otherwise."""
    filesystem, path = resolve(uri)
    if isinstance(filesystem, fs.LocalFileSystem):
        yield Path(path)
        return
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / path.rsplit("/", 1)[-1]
        try:
            fs.copy_files(path, str(target), source_filesystem=filesystem, destination_filesystem=fs.LocalFileSystem())
        except FileNotFoundError as error:
            raise AffectError(f"{os.fspath(uri)} does not exist") from error
        yield target


def delete_folder(uri: str | Path) -> None:
    """Delete a folder and all below it; nothing happens when it does not exist."""
    filesystem, path = resolve(uri)
    with contextlib.suppress(FileNotFoundError):
        filesystem.delete_dir(path)
