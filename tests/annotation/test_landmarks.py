"""The annotator who follows the landmarks."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.linear_model import LinearRegression

from affect import samples
from affect.annotation.landmarks import (
    COMPONENTS,
    FEWEST_FRAMES,
    landmark_correlations,
    multiple_correlation,
    read_landmarks,
    shape_components,
)
from affect.errors import AffectError

RNG = np.random.default_rng(0)
FRAMES = 300
SMILE = np.sin(np.arange(FRAMES) / 20)


def faces(movement: np.ndarray, noise: float = 0.02) -> np.ndarray:
    """A mean face whose mouth goes with ``movement``, somewhere else and of another size in every frame."""
    mean, direction = RNG.normal(size=(68, 2)), np.zeros((68, 2))
    direction[48:] = 0.3
    shapes = mean + movement[:, None, None] * direction + RNG.normal(0, noise, (len(movement), 68, 2))
    return shapes * RNG.uniform(50, 200, (len(movement), 1, 1)) + RNG.uniform(0, 900, (len(movement), 1, 2))


def test_the_multiple_correlation_is_that_of_a_linear_regression() -> None:
    predictors = RNG.normal(size=(80, 4))
    values = predictors @ [1.0, -2.0, 0.0, 0.5] + RNG.normal(size=80) + 3
    fitted = LinearRegression().fit(predictors, values)
    assert multiple_correlation(values, predictors) == pytest.approx(fitted.score(predictors, values) ** 0.5)
    assert multiple_correlation(np.full(80, 0.3), predictors) == 0


def test_place_and_size_of_a_face_do_not_count() -> None:
    movement = faces(SMILE, noise=0.0)
    components = shape_components(movement)
    assert components.shape[1] <= 3  # one direction, bent a little by scaling to one size
    assert abs(np.corrcoef(components[:, 0], SMILE)[0, 1]) > 0.99
    assert shape_components(faces(SMILE)).shape == (FRAMES, COMPONENTS)


def test_who_follows_the_landmarks_correlates_most() -> None:
    columns = np.array([RNG.normal(size=FRAMES), 0.4 * SMILE + RNG.normal(0, 0.1, FRAMES), -SMILE])
    landmarks = faces(SMILE)
    columns[0, :40], landmarks[90:100] = np.nan, np.nan
    correlations = landmark_correlations(columns, landmarks[:-20])
    assert correlations[0] < 0.4
    assert 0.9 < correlations[1] < correlations[2] <= 1


def test_too_few_frames_in_common_are_refused() -> None:
    landmarks = faces(SMILE)
    landmarks[FEWEST_FRAMES - 1 :] = np.nan
    with pytest.raises(AffectError, match=f"{FEWEST_FRAMES - 1} of at least {FEWEST_FRAMES}"):
        landmark_correlations(np.array([SMILE]), landmarks)


def test_landmarks_are_read_by_person_and_frame(tmp_path: Path) -> None:
    rows = [
        {"person": person, "frame": frame, "landmarks68": points}
        for person, frame, points in [
            ("left", 0, [1.0, 2.0] * 68),
            ("left", 2, [3.0, 4.0] * 68),
            ("left", 3, None),
            ("right", 5, [9.0] * 136),
        ]
    ]
    filled = {"corpus": "c", "split": "train", "video": "v", "time_s": 0.0, "success": True}
    table = pa.Table.from_pylist([filled | row for row in rows], schema=samples.FACES)
    uri = str(tmp_path / "v.parquet")
    samples.write_parquet(uri, samples.FACES, [table], "made")
    landmarks = read_landmarks(uri, "left")
    assert landmarks.shape == (3, 68, 2)
    assert landmarks[[0, 2], 67].tolist() == [[1, 2], [3, 4]]
    assert np.isnan(landmarks[1]).all()
    assert read_landmarks(uri, "main").shape == (0, 68, 2)
