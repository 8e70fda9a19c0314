"""A video or a sound on its way, from a request or whence it names, to those who decode it: a file without a name."""

import tempfile
from typing import IO, Annotated

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import Field, ValidationError

from affect.configuration import Configuration
from affect.interface.problems import Code
from serve.body import ANY_PICTURE
from serve.fetching import Fetcher
from serve.form import FORM, read_one_part
from serve.problems import ProblemError
from serve.settings import Limits

KINDS = ("video/", "audio/")
NAMED = "application/json"
ERRORS: tuple[Code, ...] = (
    "body_empty", "form_invalid", "body_too_large", "video_too_large", "media_type_unsupported", "uri_invalid",
    "uri_refused", "uri_unavailable",
)  # fmt: skip

_ROUND_A_PART = 10_000
_LONGEST_NAME = 10_000


class Named(Configuration):
    """A file that lies elsewhere, in place of the file itself."""

    uri: Annotated[str, Field(description="https://, http:// or s3://, where this server's settings allow it")]


class Upload:
    """The bytes, while the request lasts. The file is gone with the process, however that ends."""

    def __init__(self, limits: Limits, fetcher: Fetcher) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close
        self.size = 0
        self.limit = limits.video_bytes
        self.fetcher = fetcher

    @property
    def path(self) -> str:
        """Opens the file anew, at its beginning."""
        return f"/dev/fd/{self.file.fileno()}"

    async def read(self, request: Request) -> None:
        """Write the body, the one part of a form, or what the body names. Raises one of ERRORS."""
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type == FORM:
            await read_one_part(request, self.write, self.limit + _ROUND_A_PART)
        elif media_type == NAMED:
            await self.fetcher.fetch(await _uri(request), self)
        elif media_type.startswith(KINDS) or media_type == ANY_PICTURE:
            async for chunk in request.stream():
                await run_in_threadpool(self.write, chunk)
        else:
            raise ProblemError(
                "media_type_unsupported",
                f"Content-Type {media_type[:100]!r} is not that of a video or a sound; send the file itself as the "
                "body, with Content-Type video/mp4 or audio/wav, say",
            )
        if not self.size:
            raise ProblemError("body_empty", "the file is empty; send the file itself as the body")
        self.file.flush()

    def expect(self, size: int) -> None:
        """Raise video_too_large where ``size`` bytes will be too many."""
        if size > self.limit:
            raise ProblemError("video_too_large", f"it has more than {self.limit:,} bytes; shorten it")

    def write(self, data: bytes) -> None:
        """Raises video_too_large."""
        self.size += len(data)
        self.expect(self.size)
        self.file.write(data)

    def close(self) -> None:
        self.file.close()


async def _uri(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_NAME:
            raise ProblemError("body_too_large", f"the JSON body has more than {_LONGEST_NAME:,} bytes")
    try:
        return Named.model_validate_json(bytes(body)).uri
    except ValidationError as error:
        raise ProblemError("uri_invalid", 'the JSON body is not {"uri": "https://..."}') from error
