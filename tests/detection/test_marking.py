"""Frames marked by a detector, read again as WIDER FACE with landmarks."""

from pathlib import Path

import numpy as np
import pytest

from affect import storage
from affect.detection.marking import MarkingSettings, clips_in, join_parts, mark_clip
from affect.detection.wider_face import WiderFace
from affect.errors import AffectError
from affect.faces.detector import Detections
from tests.made_media import make_video

FACE, POINTS = [10.25, 8.5, 20, 24.75], [[14, 16], [24, 16.5], [19, 22], [15, 27], [24, 27.25]]


class Knowing:
    """Finds a face in every frame; in those of which the list says so it is not sure."""

    def __init__(self, scores: list[list[float]]) -> None:
        self.scores, self.seen = scores, 0

    def __call__(self, picture: np.ndarray) -> Detections:
        scores = np.array(self.scores[self.seen], np.float32)
        self.seen += 1
        count = len(scores)
        boxes = np.tile(np.float32(FACE), (count, 1))
        return Detections(boxes, scores, np.tile(np.float32(POINTS), (count, 1, 1)))


def test_frames_and_faces(tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("one.mp4", "two.mp4"):
        make_video(folder / name, [np.full((48, 64, 3), 20 * frame, np.uint8) for frame in range(9)])
    settings = MarkingSettings(every=2, validation=("two.mp4",))
    clips = clips_in(str(folder), settings)
    assert [split for _, split in clips] == ["train", "val"]
    out = str(tmp_path / "marked")
    detector = Knowing([[0.9, 0.8], [], [0.9, 0.4], [0.7], [0.95]])
    assert mark_clip(*clips[0], out, detector, settings) == 4  # the third has a face that may be none
    assert mark_clip(*clips[0], out, detector, settings) == 4  # nothing is looked at again
    assert detector.seen == 5
    assert mark_clip(*clips[1], out, Knowing([[0.9]] * 5), settings) == 5
    join_parts(out)
    marked = WiderFace(out, "train", landmarks=True)
    assert [marked.picture_name(index) for index in range(4)] == [f"one/one_00000{frame}.jpg" for frame in (0, 2, 6, 8)]
    assert [len(marked.faces(index)) for index in range(4)] == [2, 0, 1, 1]
    np.testing.assert_allclose(marked.faces(0).boxes[0], FACE)
    np.testing.assert_allclose(marked.faces(0).landmarks[0], POINTS)
    assert abs(int(marked.picture(2).mean()) - 120) < 6
    assert marked.faults() == []
    assert len(WiderFace(out, "val", landmarks=True)) == 5


def test_clips_that_are_held_out_must_be_there(tmp_path: Path) -> None:
    storage.write_bytes(str(tmp_path / "one.mp4"), b"")
    for name in ("notes.txt", "._two.mp4"):
        storage.write_bytes(str(tmp_path / name), b"")
    with pytest.raises(AffectError, match=r"has no clip three\.mp4; it has one\.mp4"):
        clips_in(str(tmp_path), MarkingSettings(validation=("three.mp4",)))
    for validation in ((), ("one.mp4",)):
        with pytest.raises(AffectError, match="name some clips"):
            clips_in(str(tmp_path), MarkingSettings(validation=validation))
