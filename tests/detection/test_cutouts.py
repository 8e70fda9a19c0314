"""Landmarks of cutouts against pictures whose colours say where each of their pixels came from."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from affect.corpora.sample.identity import draw_identity
from affect.corpora.sample.portrait import draw_portrait
from affect.corpora.sample.warping import MovingFace
from affect.detection.annotated import Faces
from affect.detection.cutouts import cut, drawn, mirrored
from affect.labels import ACTION_UNITS

POINTS = np.array([[133, 118], [187, 118], [160, 150], [138, 176], [182, 176], [160, 210]], np.float32)


def telling() -> np.ndarray:
    """Column in red, row in green: what a warp makes of it tells where it took each pixel from."""
    rows, columns = np.mgrid[:320, :320]
    return np.stack([columns.clip(0, 255), rows.clip(0, 255), 0 * rows], 2).astype(np.uint8)


@pytest.mark.parametrize(("yaw", "pitch"), [(0.0, 0.0), (1.0, -0.5), (-0.7, 1.0)])
def test_points_are_where_the_picture_shows_them(yaw: float, pitch: float) -> None:
    portrait = draw_portrait(draw_identity(0, 1), (0.1, -0.2))
    face = MovingFace(replace(portrait, picture=telling(), wrinkles=0.0, marks={}))
    units = np.zeros(len(ACTION_UNITS), np.float32)
    units[[ACTION_UNITS.index(unit) for unit in (6, 12)]] = 0.9, 1.0
    shown = face.picture(units, 0.0, yaw, pitch).astype(np.float32)
    # The lips are drawn over and the lids pulled: what is beside them is skin alone.
    skin = np.array([[120, 140], [200, 140], [160, 150], [112, 170], [208, 170], [160, 215]], np.float32)
    placed = face.places(skin, units, yaw, pitch)
    came_from = cv2.remap(shown, placed[:, None, 0], placed[:, None, 1], cv2.INTER_LINEAR)[:, 0, :2]
    np.testing.assert_allclose(came_from, skin, atol=1.1)  # colours are whole numbers
    assert np.abs(placed - skin).max() > 2


def test_the_corners_of_a_smiling_mouth_move_with_it() -> None:
    face = MovingFace(draw_portrait(draw_identity(0, 1), (0.1, -0.2)))
    layout = draw_identity(0, 1).layout
    corners = np.array([[layout.mouth[0] + side * layout.mouth_half, layout.mouth[1]] for side in (-1, 1)], np.float32)
    units = np.zeros(len(ACTION_UNITS), np.float32)
    np.testing.assert_allclose(face.places(corners, units), corners, atol=1e-4)
    units[ACTION_UNITS.index(12)] = 1
    up = face.places(corners, units) - corners
    assert (up[:, 1] < -4).all()
    assert up[0, 0] < -3 < 3 < up[1, 0]


def test_a_drawn_face_has_its_landmarks_within_its_outline() -> None:
    for number in (-1, 0, 3):
        face = drawn(0, number, 1, np.random.default_rng(number + 1))
        low, high = face.outline.min(0), face.outline.max(0)
        assert ((face.landmarks > low) & (face.landmarks < high)).all()
        assert 120 < face.height < 180
        assert (face.landmarks[0, 0] < face.landmarks[1, 0]) & (face.landmarks[3, 0] < face.landmarks[4, 0])


def test_a_mirrored_face_has_its_landmarks_on_what_they_were_on() -> None:
    picture = telling()[:, :200]
    faces = Faces.of(np.array([[60, 50, 80, 100]]), POINTS[None, :5] - [60, 20])
    face = cut(picture, faces, 0)
    other = mirrored(face)
    for before, after in enumerate([1, 0, 2, 4, 3]):
        x, y = face.landmarks[before]
        mx, my = other.landmarks[after]
        np.testing.assert_array_equal(face.picture[int(y), int(x)], other.picture[int(my), int(mx - 0.5)])


def test_a_face_is_cut_with_what_is_around_it() -> None:
    faces = Faces.of(np.array([[0, 0, 9, 9], [60, 50, 80, 100]]), np.stack([POINTS[:5], POINTS[:5] - [60, 20]]))
    face = cut(telling(), faces, 1)
    assert face.picture[0, 0].tolist()[:2] == [36, 20]  # 0.3 of 80 and of 100 before the box
    assert face.alpha.shape == (160, 128)
    np.testing.assert_allclose(face.outline.min(0), [24, 30], atol=1e-3)
    np.testing.assert_allclose(face.outline.max(0), [104, 130], atol=1e-3)
    np.testing.assert_allclose(face.landmarks[2], POINTS[2] - [60, 20] - [36, 20])
    assert (face.alpha[80, 64], face.alpha[0, 0]) == (1, 0)
