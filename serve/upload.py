"""A video or a sound on its way from a request to those who decode it, in a file that has no name."""

import tempfile
from typing import IO

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from affect.interface.problems import Code
from serve.body import ANY_PICTURE
from serve.form import FORM, read_one_part
from serve.problems import ProblemError
from serve.settings import Limits

KINDS = ("video/", "audio/")
ERRORS: tuple[Code, ...] = ("body_empty", "form_invalid", "body_too_large", "video_too_large", "media_type_unsupported")

_ROUND_A_PART = 10_000


class Upload:
    """The bytes, while the request lasts. The file is gone with the process, however that ends."""

    def __init__(self) -> None:
        self.file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed by close
        self.size = 0

    @property
    def path(self) -> str:
        """Opens the file anew, at its beginning."""
        return f"/dev/fd/{self.file.fileno()}"

    async def read(self, request: Request, limits: Limits) -> None:
        """Write the body, or the one part of a form. Raises one of ERRORS."""
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()

        def write(data: bytes) -> None:
            self.size += len(data)
            if self.size > limits.video_bytes:
                raise ProblemError("video_too_large", f"it has more than {limits.video_bytes:,} bytes; shorten it")
            self.file.write(data)

        if media_type == FORM:
            await read_one_part(request, write, limits.video_bytes + _ROUND_A_PART)
        elif media_type.startswith(KINDS) or media_type == ANY_PICTURE:
            async for chunk in request.stream():
                await run_in_threadpool(write, chunk)
        else:
            raise ProblemError(
                "media_type_unsupported",
                f"Content-Type {media_type[:100]!r} is not that of a video or a sound; send the file itself as the "
                "body, with Content-Type video/mp4 or audio/wav, say",
            )
        if not self.size:
            raise ProblemError("body_empty", "the body is empty; send the file itself as the body")
        self.file.flush()

    def close(self) -> None:
        self.file.close()
