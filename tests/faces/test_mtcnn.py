"""MTCNN on a real face: where, at which sizes, how often."""

import cv2
import numpy as np
import pytest
import skimage.data

from affect.faces import load_detector
from affect.faces.detector import Detector
from affect.preprocessing.settings import DetectorSettings
from tests.faces.test_centerface import BY_EYE


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load_detector(DetectorSettings(name="mtcnn", score=0.8))


@pytest.mark.parametrize("scale", [0.4, 1.0, 2.0])
def test_finds_the_face_and_its_landmarks(detector: Detector, scale: float) -> None:
    picture = cv2.resize(skimage.data.astronaut(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = detector(picture)
    assert len(found) == 1
    assert found.scores[0] > 0.9
    np.testing.assert_allclose(found.landmarks[0] / scale, BY_EYE, atol=8)
    assert np.hypot(*(found.landmarks[0] / scale - BY_EYE).T).mean() < 5
    x, y, width, height = found.boxes[0] / scale
    assert x < 204
    assert x + width > 247
    assert y < 102
    assert y + height > 144
    assert 70 < width < 130


def test_every_face_once_best_first(detector: Detector) -> None:
    face = skimage.data.astronaut()[:256, 96:352]
    small = cv2.resize(face, (128, 128), interpolation=cv2.INTER_AREA)
    row = np.zeros((256, 768, 3), np.uint8)
    row[:, :256], row[64:192, 512:640] = face, small[:, ::-1]
    found = detector(row)
    assert len(found) == 2
    assert found.scores[0] >= found.scores[1]
    centres = np.sort(found.boxes[:, 0] + found.boxes[:, 2] / 2)
    np.testing.assert_allclose(centres, [128, 576], atol=15)
    assert (found.landmarks[:, 0, 0] < found.landmarks[:, 1, 0]).all()
    assert (found.landmarks[:, 3, 0] < found.landmarks[:, 4, 0]).all()


@pytest.mark.parametrize("shape", [(1, 1), (11, 300), (200, 300)])
def test_nothing_in_an_empty_picture(detector: Detector, shape: tuple[int, int]) -> None:
    found = detector(np.full((*shape, 3), 128, np.uint8))
    assert (len(found), found.boxes.shape, found.landmarks.shape) == (0, (0, 4), (0, 5, 2))


def test_a_face_at_the_edge_keeps_its_box_in_the_picture(detector: Detector) -> None:
    found = detector(np.ascontiguousarray(skimage.data.astronaut()[:, 190:]))
    assert len(found) == 1
    assert found.boxes[0, 0] == 0
    np.testing.assert_allclose(found.landmarks[0] + [190, 0], BY_EYE, atol=8)


def test_a_higher_score_is_asked_for(detector: Detector) -> None:
    assert len(load_detector(DetectorSettings(name="mtcnn", score=1.0))(skimage.data.astronaut())) == 0
