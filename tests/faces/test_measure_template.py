"""The template of a corpus's crops is where the detector finds its faces."""

import numpy as np
import skimage.data

from affect.faces import load_detector
from affect.faces.alignment import TEMPLATES, align
from affect.faces.measure_template import measure
from affect.preprocessing.settings import AlignmentSettings, DetectorSettings


def test_crops_that_were_cut_by_a_template_give_it_back() -> None:
    picture = skimage.data.astronaut()
    detector = load_detector(DetectorSettings())
    (landmarks,) = detector(picture).landmarks
    face = align(picture, landmarks, AlignmentSettings(template="fer2013", size=48))
    measured = measure([face, np.full((48, 48, 3), 90, np.uint8)], detector)
    assert (measured.found, measured.looked_at) == (1, 2)
    np.testing.assert_allclose(measured.mean, TEMPLATES["fer2013"], atol=0.06)
    np.testing.assert_array_equal(measured.deviation, 0)


def test_nothing_is_found_where_there_is_no_face() -> None:
    measured = measure([np.full((48, 48, 3), 90, np.uint8)], load_detector(DetectorSettings()))
    assert (measured.found, measured.looked_at) == (0, 1)
    assert np.isnan(measured.mean).all()
