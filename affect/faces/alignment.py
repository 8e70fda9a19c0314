"""The similarity transform that brings a face's five landmarks to fixed places in its crop (BMVC 2019, section 3)."""

import cv2
import numpy as np
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.preprocessing.settings import AlignmentSettings

TEMPLATES = {
    "arcface": np.array(
        [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
    )
    / 112,
    "fer2013": np.array([[0.3286, 0.4019], [0.6822, 0.4002], [0.5047, 0.5994], [0.3625, 0.7537], [0.6492, 0.7519]]),
}
"""Eyes, nose and corners of the mouth in a crop of side 1; insightface's for 112 by 112, and what
faces.measure_template found in FER2013's training pictures."""

SHRINK_BELOW = 0.7
"""Faces reduced further than this are first averaged down, since bilinear sampling would skip pixels."""


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """The turn, scale and shift (2, 3) that bring points (n, 2) nearest to others in least squares.

    Umeyama 1991, in two dimensions: as complex numbers the best turn and scale is a quotient. Raises AffectError when
    the source points coincide.
    """
    start, end = source.astype(np.float64) @ [1, 1j], target.astype(np.float64) @ [1, 1j]
    centred = start - start.mean()
    spread = np.vdot(centred, centred).real
    if not spread > 1e-12:
        raise AffectError("the landmarks of a face coincide; it cannot be aligned")
    turn = np.vdot(centred, end - end.mean()) / spread
    shift = end.mean() - turn * start.mean()
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def crop_transform(landmarks: NDArray[np.floating], settings: AlignmentSettings) -> NDArray[np.float64]:
    """What brings pixels of a picture to those of the crop of the face with ``landmarks`` (5, 2), as (2, 3)."""
    return similarity(landmarks, TEMPLATES[settings.template] * settings.size)


def in_crop(
    points: NDArray[np.floating], landmarks: NDArray[np.floating], settings: AlignmentSettings
) -> NDArray[np.float64]:
    """Where ``points`` (n, 2) of a picture are in the crop of the face with ``landmarks`` (5, 2), in its pixels."""
    matrix = crop_transform(landmarks, settings)
    moved: NDArray[np.float64] = points @ matrix[:, :2].T + matrix[:, 2]
    return moved


def align(
    picture: NDArray[np.uint8], landmarks: NDArray[np.floating], settings: AlignmentSettings
) -> NDArray[np.uint8]:
    """The crop (size, size, 3) of the face with ``landmarks`` (5, 2); black where it leaves the picture."""
    return coloured(warp(picture, crop_transform(landmarks, settings), settings.size), settings)


def coloured(crop: NDArray[np.uint8], settings: AlignmentSettings) -> NDArray[np.uint8]:
    """``crop`` (size, size, 3), RGB, in the colours of the settings."""
    if settings.colour == "rgb":
        return crop
    return np.repeat(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2).astype(np.uint8)


def warp(picture: NDArray[np.uint8], matrix: NDArray[np.float64], size: int) -> NDArray[np.uint8]:
    """The crop (size, size, 3) to which the similarity ``matrix`` (2, 3) brings a picture; black outside of it."""
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < SHRINK_BELOW:
        picture, matrix = _reduced(picture, matrix, scale, size)
    crop: NDArray[np.uint8] = cv2.warpAffine(picture, matrix, (size, size), flags=cv2.INTER_LINEAR)
    return crop


def _reduced(
    picture: NDArray[np.uint8], matrix: NDArray[np.float64], scale: float, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The part of the picture under the crop, averaged down by ``scale``, and the transform from there."""
    corners = np.array([[0, 0], [size, 0], [0, size], [size, size]]) - matrix[:, 2]
    covered = corners @ np.linalg.inv(matrix[:, :2]).T
    margin = 2 / scale
    limits = np.array([picture.shape[1], picture.shape[0]])
    low = np.clip(np.floor(covered.min(axis=0) - margin), 0, limits - 1).astype(int)
    high = np.clip(np.ceil(covered.max(axis=0) + margin), low + 1, limits).astype(int)
    part = picture[low[1] : high[1], low[0] : high[0]]
    target = np.maximum(1, np.rint((high - low) * scale)).astype(int)
    small = cv2.resize(part, (int(target[0]), int(target[1])), interpolation=cv2.INTER_AREA)
    factor = (high - low) / target
    # Pixel centres: p = (q + 0.5) * factor - 0.5 + low.
    turn = matrix[:, :2] * factor
    shift = matrix[:, :2] @ (0.5 * factor - 0.5 + low) + matrix[:, 2]
    return small, np.column_stack([turn, shift])
