"""Clips marked by the job on a real local Ray; one that cannot be read is set aside."""

from pathlib import Path

import numpy as np
import pytest

from affect.detection.marking import MarkingSettings
from affect.detection.wider_face import WiderFace
from jobs.label_clips import label_clips
from tests.made_media import make_video, portrait


@pytest.mark.ray
@pytest.mark.usefixtures("ray_cluster")
def test_faces_of_clips(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    for name in ("a.mp4", "b.mp4"):
        make_video(clips / name, [portrait()] * 3)
    (clips / "c.mp4").write_bytes(b"no video")
    out = str(tmp_path / "marked")
    frames = label_clips(str(clips), out, MarkingSettings(every=2, validation=("b.mp4",)))
    assert [frames[str(clips / name)] for name in ("a.mp4", "b.mp4", "c.mp4")] == [2, 2, 0]
    for split in ("train", "val"):
        marked = WiderFace(out, split, landmarks=True)
        assert len(marked) == 2
        faces = marked.faces(1)
        assert len(faces) == 1
        assert np.ptp(faces.landmarks[0, :2, 0]) > 30
    assert label_clips(str(clips), out, MarkingSettings(every=2, validation=("b.mp4",))) == frames
