"""Picture files made for tests."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def encode(picture: NDArray[Any] | Image.Image, form: str, **options: Any) -> bytes:
    """The bytes of a picture file."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def rotated(picture: NDArray[np.uint8], orientation: int, quarter_turns: int) -> bytes:
    """A JPEG whose pixels lie turned and whose EXIF orientation says how to turn them upright."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode(np.rot90(picture, quarter_turns), "JPEG", quality=95, exif=exif)
