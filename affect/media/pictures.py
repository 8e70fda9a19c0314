"""Encoded pictures to arrays and back."""

import io
import struct

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from affect.errors import AffectError

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF's orientation. Pillow's own exif_transpose writes all of EXIF anew, which fails where a tag is odd."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM")


def decode_picture(data: bytes) -> NDArray[np.uint8]:
    """A picture file's bytes as RGB (height, width, 3), upright by its EXIF orientation.

    Raises AffectError for anything that is not a whole picture in one of FORMATS.
    """
    if not data:
        raise AffectError("the picture is empty (0 bytes); give the bytes of a JPEG or PNG file")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as file:
            file.load()
            turn = _UPRIGHT.get(file.getexif().get(ExifTags.Base.Orientation, 1))
            upright: Image.Image = file if turn is None else file.transpose(turn)
    except UnidentifiedImageError as error:
        raise AffectError(f"these {len(data)} bytes are not a picture; give one of {', '.join(FORMATS)}") from error
    except Image.DecompressionBombError as error:
        raise AffectError(f"the picture is too large: {error}; reduce it first") from error
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, AttributeError, struct.error) as error:
        raise AffectError(f"the picture is broken: {error}") from error
    if upright.mode.startswith("I"):  # Pillow clips 16-bit grey instead of scaling it
        grey = np.clip(np.asarray(upright, dtype=np.int64) // 257, 0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    return np.array(upright.convert("RGB"))


decode_jpeg = decode_picture


def encode_jpeg(picture: NDArray[np.uint8], quality: int = 95) -> bytes:
    """RGB (height, width, 3) as the bytes of a JPEG file; ``quality`` from 1 to 100."""
    ok, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert ok
    return bytes(data)


def through_jpeg(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """What is left of an RGB picture (height, width, 3) that was stored as JPEG: what networks are trained on."""
    return decode_jpeg(encode_jpeg(picture, quality))
