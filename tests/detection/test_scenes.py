"""Composed scenes: the same for the same seed, nobody twice, and what a detector that does not know them finds."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from affect.detection import scenes
from affect.detection.backgrounds import PHOTOGRAPHS
from affect.detection.scenes import Scenes, SceneSettings
from affect.faces import load_detector
from affect.metrics.average_precision import matches
from affect.metrics.landmark_error import LandmarkError
from affect.preprocessing.settings import DetectorSettings
from tests.detection.made_wider import write_wider

SETTINGS = SceneSettings(people=5, lights=1)


def test_the_same_scene_from_any_process_in_any_order() -> None:
    one = Scenes(SETTINGS, "train", 10)
    other = pickle.loads(pickle.dumps(one))  # noqa: S301 - as it reaches a worker
    other.picture(7)
    for index in (3, 4):
        np.testing.assert_array_equal(one.picture(index), other.picture(index))
        np.testing.assert_array_equal(one.faces(index).landmarks, other.faces(index).landmarks)
    again = Scenes(SETTINGS.model_copy(update={"seed": 1}), "train", 10)
    assert not np.array_equal(again.picture(3), one.picture(3))


def test_nobody_and_no_photograph_is_in_both_splits() -> None:
    train, held_out = (set(Scenes(SETTINGS, split, 1).people) for split in scenes.SPLITS)
    assert -1 in held_out  # the photographed face
    assert train
    assert not train & held_out
    assert len(train | held_out) == SETTINGS.people
    assert not set(PHOTOGRAPHS["train"]) & set(PHOTOGRAPHS["val"])


def test_boxes_and_landmarks_against_a_detector_that_does_not_know_them() -> None:
    """CenterFace was trained on real faces: where it finds one of the astronaut's, it is where the scene says."""
    settings = SceneSettings(people=4, width=320, height=320, smallest=48, most=2, roll=8, turned=0.1)
    held_out = Scenes(settings, "val", 24)
    held_out.people = [-1]
    detector, error, found, there = load_detector(DetectorSettings(score=0.4)), LandmarkError(), 0, 0
    for index in range(24):
        faces, detections = held_out.faces(index), detector(held_out.picture(index))
        face, _ = matches(detections.boxes, faces.boxes, ~faces.ignored)
        found, there = found + int((face >= 0).sum()), there + int((~faces.ignored).sum())
        error.update(detections.landmarks[face >= 0], faces.landmarks[face[face >= 0]])
    assert there > 15
    assert found / there > 0.7
    assert error.compute() < 0.1


def test_sizes_and_faces_that_are_hidden() -> None:
    made = Scenes(SETTINGS, "train", 60)
    faces = [made.faces(index) for index in range(60)]
    heights = np.concatenate([one.boxes[~one.ignored, 3] for one in faces])
    assert 8 < heights.min() < 20
    assert 120 < heights.max() <= 256
    assert any(len(one) == 0 for one in faces)
    assert 0 < sum(one.ignored.sum() for one in faces) < sum(map(len, faces)) / 2
    boxes = np.concatenate([one.boxes for one in faces])
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, :2] + boxes[:, 2:] <= 256 + 1e-3).all()


def test_faces_cut_from_pictures_are_pasted_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(write_wider(tmp_path))
    # One face of one size with its landmarks within the picture of 60 by 80.
    points = "30 25 0.0 50 25 0.0 40 32 0.0 33 42 0.0 47 42 0.0 0.9"
    (root / "train/label.txt").write_text(f"# 12--Group/12_Group_9.jpg\n20 10 40 45 {points}\n")
    monkeypatch.setattr(scenes, "drawn", None)  # nobody is drawn
    settings = SceneSettings(people=5, cutouts=str(root), cutout_share=1.0, roll=0, turned=0)
    made = Scenes(settings, "train", 10)
    faces = [one for one in (made.faces(index) for index in range(10)) if len(one)]
    assert len(faces) > 5
    for one in faces:
        whole = one.boxes[:, 3] > 0
        across = one.landmarks[whole, 1, 0] - one.landmarks[whole, 0, 0]
        down = one.landmarks[whole, 3, 1] - one.landmarks[whole, 0, 1]
        np.testing.assert_allclose(across / down, 20 / 17, rtol=0.3)  # but for the slant that scenes give
