"""The similarity transform against scikit-image's, and crops against places known in advance."""

import cv2
import numpy as np
import pytest
import skimage.data
import skimage.transform
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from affect.errors import AffectError
from affect.faces.alignment import TEMPLATES, align, crop_transform, similarity
from affect.preprocessing.settings import AlignmentSettings

POINTS = arrays(np.float64, (5, 2), elements=st.floats(-1000, 1000, allow_nan=False, width=32))
LANDMARKS = np.array(
    [[203.2, 101.7], [247.0, 104.5], [223.3, 125.1], [203.4, 142.3], [241.3, 144.4]]
)  # the astronaut's


@given(POINTS, POINTS)
def test_equals_scikit_image(source: np.ndarray, target: np.ndarray) -> None:
    assume(np.linalg.svd(source - source.mean(axis=0), compute_uv=False)[1] > 1)
    assume(np.linalg.svd(target - target.mean(axis=0), compute_uv=False)[1] > 1)
    expected = skimage.transform.SimilarityTransform.from_estimate(source, target)
    ours = similarity(source, target)

    # Where turning and mirroring fit alike the turn is not determined: compare what is minimised.
    def misfit(matrix: np.ndarray) -> float:
        return float(((source @ matrix[:, :2].T + matrix[:, 2] - target) ** 2).sum())

    assert misfit(ours) <= misfit(expected.params[:2]) * (1 + 1e-9) + 1e-6
    if expected.scale > 0.05:
        np.testing.assert_allclose(ours, expected.params[:2], rtol=1e-4, atol=1e-2)


@given(st.floats(0.05, 20), st.floats(-np.pi, np.pi), st.floats(-500, 500), st.floats(-500, 500))
def test_finds_the_transform_that_was_applied(scale: float, angle: float, x: float, y: float) -> None:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    expected = np.column_stack([turn, [x, y]])
    found = similarity(LANDMARKS, LANDMARKS @ turn.T + [x, y])
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * max(1, scale))


@pytest.mark.parametrize("size", [96, 112, 224])
def test_the_template_is_insightfaces(size: int) -> None:
    published = np.array(
        [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
    )
    picture = skimage.data.astronaut()[:112, :112]
    matrix = crop_transform(published, AlignmentSettings(size=size))
    np.testing.assert_allclose(matrix, np.eye(2, 3) * size / 112, atol=1e-9)
    if size == 112:
        np.testing.assert_array_equal(align(picture, published, AlignmentSettings(size=size)), picture)


def test_coinciding_landmarks_are_refused() -> None:
    with pytest.raises(AffectError, match="coincide"):
        align(np.zeros((50, 50, 3), np.uint8), np.full((5, 2), 7.0), AlignmentSettings())


@pytest.mark.parametrize("size", [96, 112, 224])
@pytest.mark.parametrize("scale", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("angle", [-40.0, 0.0, 75.0])
def test_landmarks_come_to_the_template(size: int, scale: float, angle: float) -> None:
    turn = cv2.getRotationMatrix2D((250, 250), angle, scale)
    landmarks = TEMPLATES["arcface"] * 100 + 200
    landmarks = landmarks @ turn[:, :2].T + turn[:, 2]
    for index, (x, y) in enumerate(landmarks):
        picture = np.zeros((500, 500, 3), np.uint8)
        # Brightness in proportion to nearness, so that the middle is found to a part of a pixel.
        rows, columns = np.mgrid[:500, :500]
        spread = max(1.2, 4 * scale)
        picture[:] = (255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / spread**2))[:, :, None].astype(np.uint8)
        crop = align(picture, landmarks, AlignmentSettings(size=size))[:, :, 0].astype(float)
        rows, columns = np.mgrid[:size, :size]
        middle = np.array([(columns * crop).sum(), (rows * crop).sum()]) / crop.sum()
        np.testing.assert_allclose(middle, TEMPLATES["arcface"][index] * size, atol=0.25)


@pytest.mark.parametrize("times", [2, 5])
def test_large_faces_are_averaged_not_sampled(times: int) -> None:
    picture = skimage.data.astronaut()
    settings = AlignmentSettings()
    large = np.repeat(np.repeat(picture, times, axis=0), times, axis=1)
    noisy = np.clip(large + np.random.default_rng(0).normal(0, 40, large.shape), 0, 255).astype(np.uint8)
    expected = align(picture, LANDMARKS, settings).astype(float)
    found = align(noisy, (LANDMARKS + 0.5) * times - 0.5, settings).astype(float)
    assert np.abs(found - expected).mean() < 40 / times + 2
    clean = align(large, (LANDMARKS + 0.5) * times - 0.5, settings).astype(float)
    assert np.abs(clean - expected).mean() < 3.5


def test_grey_crops_have_three_equal_channels() -> None:
    picture = skimage.data.astronaut()
    settings = AlignmentSettings()
    crop = align(picture, LANDMARKS, settings.model_copy(update={"colour": "grey"}))
    expected = align(picture, LANDMARKS, settings) @ [0.299, 0.587, 0.114]  # luma of ITU-R BT.601
    np.testing.assert_allclose(crop, np.repeat(expected[..., None], 3, axis=2), atol=1)


def test_outside_the_picture_is_black() -> None:
    crop = align(np.full((60, 60, 3), 200, np.uint8), LANDMARKS - [190, 90], AlignmentSettings())
    assert (crop == 0).any()
    assert (crop == 200).any()
