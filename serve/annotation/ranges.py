"""A file of any storage as an answer that a player can seek in: HTTP ranges (RFC 9110, section 14)."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from fastapi import Request, status
from fastapi.responses import Response, StreamingResponse
from pyarrow import fs

from affect import storage
from serve.problems import ProblemError

_CHUNK = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_TYPES = {".webm": "video/webm", ".mkv": "video/x-matroska", ".avi": "video/x-msvideo"}
_ISO_TYPE = "video/mp4"  # of .mov too: the same container, and browsers refuse its own name
_CACHED = "private, max-age=3600"


def ranged(uri: str, request: Request) -> Response:
    """The whole file, or the one range that is asked for; of several ranges the whole file, as the RFC allows.

    Reads from storage, so not on the event loop. Raises not_found where the file is gone.
    """
    filesystem, path = storage.resolve(uri)
    info = filesystem.get_file_info(path)
    if info.type != fs.FileType.File:
        raise ProblemError("not_found", "the video is not there any more")
    size, tag = info.size, f'"{info.size:x}-{info.mtime_ns or 0:x}"'
    headers = {"Accept-Ranges": "bytes", "ETag": tag, "Cache-Control": _CACHED}
    media_type = _TYPES.get(PurePosixPath(uri).suffix.lower(), _ISO_TYPE)
    asked = request.headers.get("range", "")
    match = _RANGE.fullmatch(asked) if request.headers.get("if-range", tag) == tag else None
    if match is None or match.groups() == ("", ""):
        headers["Content-Length"] = str(size)
        return StreamingResponse(_read(filesystem, path, 0, size), headers=headers, media_type=media_type)
    first, last = _ends(match[1], match[2], size)
    if first > last:
        headers["Content-Range"] = f"bytes */{size}"
        return Response(status_code=status.HTTP_416_RANGE_NOT_SATISFIABLE, headers=headers)
    headers |= {"Content-Range": f"bytes {first}-{last}/{size}", "Content-Length": str(last - first + 1)}
    return StreamingResponse(
        _read(filesystem, path, first, last + 1), status.HTTP_206_PARTIAL_CONTENT, headers, media_type
    )


def _ends(first: str, last: str, size: int) -> tuple[int, int]:
    """The first and last byte; the first is after the last where there is nothing to give."""
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) else (1, 0)
    return int(first), min(int(last), size - 1) if last else size - 1


def _read(filesystem: fs.FileSystem, path: str, first: int, end: int) -> Iterator[bytes]:
    with filesystem.open_input_file(path) as file:
        file.seek(first)
        left = end - first
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk
