"""Pictures come upright and whole, or not at all."""

import io
import struct

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from affect.errors import AffectError
from affect.media.pictures import decode_picture, encode_jpeg
from tests.made_media import portrait

QUARTERS = np.zeros((40, 60, 3), np.uint8)
QUARTERS[:20, :30] = (250, 0, 0)
QUARTERS[:20, 30:] = (0, 250, 0)
QUARTERS[20:, :30] = (0, 0, 250)


# How a camera that stores QUARTERS with this orientation saw the world: EXIF 2.32, tag 0x0112.
UPRIGHT = {
    1: QUARTERS,
    2: QUARTERS[:, ::-1],
    3: QUARTERS[::-1, ::-1],
    4: QUARTERS[::-1],
    5: QUARTERS.transpose(1, 0, 2),
    6: np.rot90(QUARTERS, -1),
    7: QUARTERS[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(QUARTERS, 1),
}


def encoded(picture: np.ndarray, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_exif_orientation(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = decode_picture(encoded(QUARTERS, kind, exif=exif))
    assert picture.shape == UPRIGHT[orientation].shape
    assert np.abs(picture.astype(int) - UPRIGHT[orientation]).mean() < 4


def test_exif_that_could_not_be_written_again_does_not_matter() -> None:
    width = struct.pack("<HHII", 0x0100, 5, 1, 38)  # a fraction, where a whole number belongs
    turned = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + width + turned + struct.pack("<III", 0, 20, 1)
    picture = decode_picture(encoded(QUARTERS, "JPEG", exif=exif))
    assert np.abs(picture.astype(int) - UPRIGHT[6]).mean() < 4


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_lossless_kinds_are_exact(kind: str) -> None:
    np.testing.assert_array_equal(decode_picture(encoded(portrait(), kind)), portrait())


@pytest.mark.parametrize("levels", [np.uint8, np.uint16])
def test_grey_pictures_of_8_and_16_bits(levels: type) -> None:
    ramp = np.tile(np.arange(256), (8, 1))
    data = cv2.imencode(".png", (ramp * (257 if levels is np.uint16 else 1)).astype(levels))[1].tobytes()
    np.testing.assert_array_equal(decode_picture(data), np.repeat(ramp[:, :, None], 3, axis=2))


def test_transparency_is_dropped() -> None:
    with_alpha = np.dstack([QUARTERS, np.full(QUARTERS.shape[:2], 255, np.uint8)])
    np.testing.assert_array_equal(decode_picture(encoded(with_alpha, "PNG")), QUARTERS)


def test_jpeg_keeps_colours_in_order() -> None:
    assert np.abs(decode_picture(encode_jpeg(portrait(), 95)).astype(int) - portrait()).mean() < 2
    assert len(encode_jpeg(portrait(), 50)) < len(encode_jpeg(portrait(), 95))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_picture_is_refused(kind: str, kept: float) -> None:
    data = encoded(portrait(), kind)
    with pytest.raises(AffectError, match="broken|not a picture"):
        decode_picture(data[: int(len(data) * kept)])


def test_an_empty_picture_is_refused() -> None:
    with pytest.raises(AffectError, match="empty"):
        decode_picture(b"")


@given(
    st.binary(min_size=1, max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"GIF89a"])
)
def test_any_other_bytes_are_refused(data: bytes, start: bytes) -> None:
    with pytest.raises(AffectError):
        decode_picture(start + data)
