"""Which pictures make a step, and where faces are after a picture was cut, resized and mirrored."""

from pathlib import Path

import numpy as np
import pytest

from affect.detection.annotated import Faces
from affect.detection.reading import DetectionPlan, augmented, collate, read_step, sets_of
from affect.detection.scenes import SceneSettings
from affect.detection.settings import DetectionAugmentation, DetectorConfig, WiderSettings
from affect.errors import AffectError
from affect.faces.ssh.spec import SSHSpec
from tests.detection.made_wider import write_wider

PLAN = DetectionPlan(lengths=(10, 7), endless=(False, True), batch=4, seed=0)


def test_an_epoch_has_every_picture_once_and_other_scenes_each_time() -> None:
    assert PLAN.steps_per_epoch == 4
    epochs = [[one for step in range(4) for one in PLAN.pictures(epoch, step)] for epoch in (0, 1)]
    for epoch, pictures in enumerate(epochs):
        assert len(set(pictures)) == 16
        assert {index // 7 for source, index in pictures if source == 1} == {epoch}
        assert {index for source, index in pictures if source == 0} <= set(range(10))
    assert epochs[0] != epochs[1]
    assert PLAN.pictures(1, 2) == DetectionPlan((10, 7), (False, True), 4, 0).pictures(1, 2)


def test_fewer_pictures_than_a_batch_are_taken_several_times() -> None:
    assert sorted(DetectionPlan((3,), (False,), 5, 0).pictures(0, 0))[:2] == [(0, 0), (0, 0)]


@pytest.fixture
def config(tmp_path: Path) -> DetectorConfig:
    return DetectorConfig(
        recipe="test",
        network=SSHSpec(width=0.03),
        wider=(WiderSettings(root=write_wider(tmp_path)),),
        scenes=SceneSettings(people=4, lights=1, width=64, height=64),
        scenes_per_epoch=3,
        side=64,
        batch=5,
    )


@pytest.mark.parametrize("world", [2, 3])
def test_workers_read_parts_of_the_same_step(config: DetectorConfig, world: int) -> None:
    sets = sets_of(config)
    plan = DetectionPlan.of(config, sets)
    whole = read_step(config, plan, sets, (1, 0))
    assert whole["pictures"].shape == (5, 64, 64, 3)
    parts = [read_step(config, plan, sets, (1, 0), (rank, world)) for rank in range(world)]
    np.testing.assert_array_equal(np.concatenate([part["pictures"] for part in parts]), whole["pictures"])
    counts = np.concatenate([(~np.isnan(part["boxes"][..., 0])).sum(1) for part in parts])
    assert counts.tolist() == (~np.isnan(whole["boxes"][..., 0])).sum(1).tolist()


def test_nothing_to_learn_from(config: DetectorConfig) -> None:
    with pytest.raises(AffectError, match="test has nothing to learn from: give --wider FOLDER"):
        sets_of(config.model_copy(update={"wider": (), "scenes": None}))


@pytest.mark.parametrize("size", [(90, 160), (700, 500)], ids=["enlarged", "reduced"])
def test_landmarks_stay_on_what_they_mark(size: tuple[int, int]) -> None:
    """A picture whose colours say where a pixel was: the landmark's place in the square shows its first place."""
    height, width = size
    rows, columns = np.mgrid[:height, :width]
    picture = np.stack([columns * 255 / width, rows * 255 / height, 0 * rows], 2).astype(np.uint8)
    points = np.array([[0.4, 0.4], [0.6, 0.4], [0.5, 0.5], [0.42, 0.6], [0.58, 0.6]]) * [width, height]
    box = np.array([0.35 * width, 0.3 * height, 0.3 * width, 0.4 * height])
    settings = DetectionAugmentation(smallest=0.5, light=0)
    mirrored = 0
    for seed in range(40):
        square, faces = augmented(
            picture, Faces.of(box[None], points[None]), settings, 128, np.random.default_rng(seed)
        )
        if not len(faces):
            continue
        (left, right, *_) = faces.landmarks[0]
        assert left[0] < right[0]
        for number, (x, y) in enumerate(faces.landmarks[0]):
            if 2 < x < 126 and 2 < y < 126:
                told = square[int(y), int(x), :2].astype(float) / 255 * [width, height]
                first = points[number]
                if abs(told[0] - first[0]) > 0.08 * width:  # the other side's: mirrored
                    first = points[[1, 0, 2, 4, 3][number]]
                    mirrored += 1
                np.testing.assert_allclose(told, first, atol=0.02 * max(size))
        edges = faces.boxes[0, :2], faces.boxes[0, :2] + faces.boxes[0, 2:]
        assert (faces.landmarks[0] > edges[0]).all()
        assert (faces.landmarks[0] < edges[1]).all()
    assert mirrored > 5


def test_faces_outside_are_left_out_and_tiny_ones_ignored() -> None:
    boxes = np.array([[10, 10, 40, 40], [0, 0, 3, 3], [300, 300, 40, 40]])
    picture = np.zeros((400, 400, 3), np.uint8)
    settings = DetectionAugmentation(smallest=1, flip=False, light=0)
    _, faces = augmented(picture, Faces.of(boxes), settings, 400, np.random.default_rng(0))
    assert faces.ignored.tolist() == [False, True, False]
    np.testing.assert_allclose(faces.boxes, boxes, atol=1e-4)
    half = settings.model_copy(update={"smallest": 0.5})
    kept = [len(augmented(picture, Faces.of(boxes), half, 400, np.random.default_rng(seed))[1]) for seed in range(20)]
    assert {1, 2} & set(kept)


def test_pictures_with_other_numbers_of_faces_in_one_batch() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    batch = collate(
        [(picture, Faces.of(np.array([[1, 2, 3, 4], [0, 0, 2, 2]]))), (picture, Faces.of(np.empty((0, 4))))]
    )
    assert batch["boxes"][0].tolist() == [[1, 2, 4, 6], [0, 0, 2, 2]]
    assert np.isnan(batch["boxes"][1]).all()
    assert batch["landmarks"].shape == (2, 2, 5, 2)
    assert batch["pictures"].dtype == np.uint8
