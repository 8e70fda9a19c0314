"""CenterFace judged by the job on a real face, at the kit's levels and by marked landmarks."""

from pathlib import Path

import numpy as np
import pytest

from affect.errors import AffectError
from affect.faces import load_detector
from affect.media.pictures import encode_jpeg
from affect.preprocessing.settings import DetectorSettings
from jobs.judge_detector import LOWEST, judge
from tests.detection.made_wider import write_kit
from tests.made_media import portrait

SURE = LOWEST.model_copy(update={"score": 0.5})


@pytest.mark.ray
@pytest.mark.usefixtures("ray_cluster")
def test_levels_and_landmarks(tmp_path: Path) -> None:
    """One picture with a face that is found, and one where a face is said to be that nobody finds."""
    picture = portrait()
    found = load_detector(DetectorSettings())(picture)
    folder = tmp_path / "WIDER_val/images/0--Parade"
    folder.mkdir(parents=True)
    (tmp_path / "wider_face_split").mkdir()
    (tmp_path / "val").mkdir()
    box = " ".join(str(round(value)) for value in found.boxes[0].tolist())
    points = " ".join(f"{x} {y} 0.0" for x, y in (found.landmarks[0] + [3, 4]).tolist())
    for name, content in (("one", picture), ("two", np.full_like(picture, 90))):
        (folder / f"{name}.jpg").write_bytes(encode_jpeg(content, 95))
    lines = [f"0--Parade/{name}.jpg\n1\n{box} 0 0 0 0 0 0\n" for name in ("one", "two")]
    (tmp_path / "wider_face_split/wider_face_val_bbx_gt.txt").write_text("".join(lines))
    (tmp_path / "val/label.txt").write_text(f"# 0--Parade/one.jpg\n{box} {points} 0.9\n# 0--Parade/two.jpg\n")
    kit = tmp_path / "ground_truth"
    kit.mkdir()
    boxes = np.rint(found.boxes[:1]).astype(float)
    levels = {"easy": [[[1], []]], "medium": [[[1], [1]]], "hard": [[[1], [1]]]}
    write_kit(kit, {"0--Parade": {"one": boxes, "two": boxes}}, levels)
    assert judge(str(tmp_path), SURE, str(kit)) == {"easy": 1.0, "medium": 0.5, "hard": 0.5}
    marked = judge(str(tmp_path), SURE)
    assert marked["average_precision"] == 1.0
    eyes = np.hypot(*(found.landmarks[0, 0] - found.landmarks[0, 1]))
    assert marked["landmark_error"] == pytest.approx(5 / eyes, rel=0.1)
    (tmp_path / "wider_face_split/wider_face_val_bbx_gt.txt").write_text(lines[0])
    with pytest.raises(AffectError, match=r"has not 1 of the kit's pictures, as 0--Parade/two\.jpg"):
        judge(str(tmp_path), SURE, str(kit))
