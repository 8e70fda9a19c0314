from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from affect.checking.hashing import exact_hash, file_hash, is_blank, near_hash, to_grey
from affect.checking.near import NEAR_BITS
from tests.checking.made_corpus import cat, noise
from tests.made_media import portrait


def bits_apart(one: NDArray[np.uint64], two: NDArray[np.uint64]) -> int:
    return int(np.bitwise_count(one ^ two).sum())


def test_only_the_same_pixels_in_the_same_shape_are_equal() -> None:
    picture = noise(0)
    other = picture.copy()
    other[20, 20, 1] ^= 1
    flat = np.zeros((2, 8, 3), np.uint8)
    assert (exact_hash(picture) == exact_hash(np.asfortranarray(picture))).all()
    assert (exact_hash(picture) != exact_hash(other)).any()
    assert (exact_hash(flat) != exact_hash(flat.reshape(8, 2, 3))).any()


def test_files_are_equal_by_their_bytes(tmp_path: Path) -> None:
    data = noise(1, 700).tobytes()  # more than one chunk
    contents = {"a": data, "b": data, "c": data[:-1] + bytes([data[-1] ^ 1])}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    a, b, c = (file_hash(tmp_path / name).tolist() for name in contents)
    assert a == b != c


def jpeg(picture: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


CHANGES = {
    "smaller": lambda picture: cv2.resize(picture, (48, 48), interpolation=cv2.INTER_AREA),
    "larger": lambda picture: cv2.resize(picture, (300, 300), interpolation=cv2.INTER_CUBIC),
    "encoded anew": lambda picture: jpeg(picture, 40),
    "brighter": lambda picture: np.clip(picture.astype(int) + 15, 0, 255).astype(np.uint8),
    "less contrast": lambda picture: (picture * 0.8).astype(np.uint8),
    "with a caption": lambda picture: cv2.putText(picture.copy(), "photo", (60, 215), 0, 0.6, (255, 255, 255)),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("picture", [portrait(), cat()], ids=["portrait", "cat"])
def test_what_looks_the_same_is_near(picture: NDArray[np.uint8], change: str) -> None:
    changed = CHANGES[change](picture)
    assert (exact_hash(changed) != exact_hash(picture)).any()
    assert bits_apart(near_hash(to_grey(picture)), near_hash(to_grey(changed))) <= NEAR_BITS


def test_other_pictures_are_not_near() -> None:
    hashes = [near_hash(to_grey(picture)) for picture in (portrait(), cat(), portrait()[:, ::-1].copy(), noise(2))]
    apart = [bits_apart(one, two) for place, one in enumerate(hashes) for two in hashes[:place]]
    assert min(apart) > 4 * NEAR_BITS


@pytest.mark.parametrize(
    ("picture", "blank"),
    [
        (np.zeros((48, 48), np.uint8), True),
        (np.random.default_rng(0).integers(127, 131, (48, 48), np.uint8), True),
        ((portrait(48)[:, :, 0] // 16 + 100).astype(np.uint8), False),
    ],
    ids=["black", "grey with noise", "faint"],
)
def test_blank_pictures_are_told_from_faint_ones(picture: NDArray[np.uint8], blank: bool) -> None:
    assert is_blank(picture) is blank
