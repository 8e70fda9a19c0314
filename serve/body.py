"""From a request's body to pictures; every fault of the caller is a clear 4xx before anything large is computed."""

import io
import re
import warnings

import numpy as np
from fastapi import Request
from numpy.typing import NDArray
from PIL import Image

from affect.errors import AffectError
from affect.media.pictures import decode_picture
from serve.form import FORM, Parts, read_form
from serve.problems import ProblemError
from serve.settings import Limits

MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp")
ANY_PICTURE = "application/octet-stream"
_FORMATS = ("JPEG", "PNG", "WEBP")
_SIGNATURE = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF.{4}WEBP", re.DOTALL)
_HINT = "send the picture itself as the body, with Content-Type " + ", ".join(MEDIA_TYPES)


async def read_picture(request: Request, limits: Limits) -> bytes:
    """The picture that is the body, or the only part of a form, read no further than the limit.

    Raises body_empty, form_invalid, body_too_large, picture_too_large or media_type_unsupported.
    """
    media_type = _media_type(request)
    if media_type == FORM:
        parts = await read_form(request, most=1, each=limits.bytes, total=limits.bytes + 10_000)
        if len(parts) != 1:
            raise ProblemError("form_invalid", "the form holds no part; send the picture as the part 'picture'")
        return one_of(parts, 0, limits)
    if media_type not in (*MEDIA_TYPES, ANY_PICTURE):
        raise ProblemError(
            "media_type_unsupported", f"Content-Type {media_type[:100]!r} is not that of a picture; {_HINT}"
        )
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limits.bytes:
            raise ProblemError("body_too_large", f"it has more than {limits.bytes:,} bytes; send a smaller picture")
    if not body:
        raise ProblemError("body_empty", f"the body is empty; {_HINT}")
    return bytes(body)


async def read_pictures(request: Request, limits: Limits) -> Parts:
    """The parts of a form with one picture each; ``one_of`` takes them out."""
    if _media_type(request) != FORM:
        raise ProblemError("media_type_unsupported", f"send a {FORM} with one part 'picture' for each picture")
    parts = await read_form(request, most=limits.pictures, each=limits.bytes, total=limits.batch_bytes)
    if not parts:
        raise ProblemError("form_invalid", "the form holds no part; send one part 'picture' for each picture")
    return parts


def one_of(parts: Parts, number: int, limits: Limits) -> bytes:
    """One picture of a form. Raises picture_too_large or picture_broken."""
    part = parts[number]
    if part is None:
        raise ProblemError("picture_too_large", f"it has more than {limits.bytes:,} bytes; send a smaller picture")
    if not part:
        raise ProblemError("picture_broken", "the part is empty")
    return bytes(part)


def decode_body(body: bytes, limits: Limits) -> NDArray[np.uint8]:
    """The picture (H, W, 3), RGB and upright; looks at the size before it decodes.

    Raises picture_too_large, picture_broken or media_type_unsupported.
    """
    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            width, height = Image.open(io.BytesIO(body), formats=_FORMATS).size  # reads the header only
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(limits) from error
    except (OSError, ValueError) as error:
        if _SIGNATURE.match(body):
            raise ProblemError("picture_broken", "the picture is broken: its header cannot be read") from error
        raise ProblemError("media_type_unsupported", f"the body is no JPEG, PNG or WebP picture; {_HINT}") from error
    if width * height > limits.pixels:
        raise _too_many_pixels(limits)
    try:
        return decode_picture(body)
    except AffectError as error:
        raise ProblemError("picture_broken", str(error)) from error


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _too_many_pixels(limits: Limits) -> ProblemError:
    return ProblemError("picture_too_large", f"it has more than {limits.pixels:,} pixels; send a smaller picture")
