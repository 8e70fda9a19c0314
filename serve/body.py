"""From a request's body to a picture; every fault of the caller is a clear 4xx before anything large is computed."""

import io
import re
import warnings

import numpy as np
from fastapi import HTTPException, Request
from numpy.typing import NDArray
from PIL import Image

from affect.errors import AffectError
from affect.media.pictures import decode_picture
from serve.settings import Limits

MEDIA_TYPES = ("image/jpeg", "image/png", "image/webp")
_FORMATS = ("JPEG", "PNG", "WEBP")
_SIGNATURE = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF.{4}WEBP", re.DOTALL)
_HINT = "send the picture itself as the body, with Content-Type " + ", ".join(MEDIA_TYPES)


async def read_body(request: Request, limits: Limits) -> bytes:
    """The body of a request that says it is a picture, read no further than the limit. Raises 400, 413 or 415."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise HTTPException(415, f"Content-Type {media_type!r} is not that of a picture; {_HINT}")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limits.bytes:
            raise HTTPException(413, f"the body is larger than {limits.bytes:,} bytes; send a smaller picture")
    if not body:
        raise HTTPException(400, f"the body is empty; {_HINT}")
    return bytes(body)


def decode_body(body: bytes, limits: Limits) -> NDArray[np.uint8]:
    """The picture (H, W, 3), RGB and upright. Raises 413, 415 or 422; looks at the size before it decodes."""
    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            width, height = Image.open(io.BytesIO(body), formats=_FORMATS).size  # reads the header only
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(limits) from error
    except (OSError, ValueError) as error:
        if _SIGNATURE.match(body):
            raise HTTPException(422, "the picture is broken: its header cannot be read") from error
        raise HTTPException(415, f"the body is no JPEG, PNG or WebP picture; {_HINT}") from error
    if width * height > limits.pixels:
        raise _too_many_pixels(limits)
    try:
        return decode_picture(body)
    except AffectError as error:
        raise HTTPException(422, str(error)) from error


def _too_many_pixels(limits: Limits) -> HTTPException:
    return HTTPException(413, f"the picture has more than {limits.pixels:,} pixels; send a smaller one")
