"""WIDER FACE's lists in both forms, and copies that are not whole."""

from pathlib import Path

import numpy as np
import pytest

from affect.detection.wider_face import WiderFace
from affect.errors import AffectError
from tests.detection.made_wider import LABELS, LIST, write_wider


def test_boxes_and_pictures(tmp_path: Path) -> None:
    wider = WiderFace(write_wider(tmp_path))
    assert [wider.picture_name(index) for index in range(len(wider))] == [
        "0--Parade/0_Parade_1.jpg",
        "0--Parade/0_Parade_2.jpg",
        "12--Group/12_Group_9.jpg",
    ]
    first, empty, last = (wider.faces(index) for index in range(3))
    assert first.boxes.tolist() == [[449, 330, 122, 149], [361, 98, 263, 339]]
    assert first.ignored.tolist() == [False, True]  # the second is marked as invalid
    assert np.isnan(first.landmarks).all()
    assert (len(empty), empty.boxes.shape) == (0, (0, 4))
    assert last.boxes.tolist() == [[10, 20, 30, 40]]
    assert wider.picture(2).shape == (60, 80, 3)
    assert abs(int(wider.picture(2).mean()) - 80) <= 1
    assert wider.faults() == [("12--Group/12_Group_9.jpg, face 2", "the box has no area")]


def test_landmarks(tmp_path: Path) -> None:
    wider = WiderFace(write_wider(tmp_path), landmarks=True)
    assert len(wider) == 2
    faces = wider.faces(0)
    np.testing.assert_allclose(faces.landmarks[0, [0, 4]], [[488.906, 373.643], [538.357, 431.491]], rtol=1e-6)
    assert np.isnan(faces.landmarks[1]).all()
    assert np.isnan(wider.faces(1).landmarks).all()
    assert wider.faces(1).boxes.tolist() == [[10, 20, 30, 40]]


def test_on_s3(s3: str, tmp_path: Path) -> None:
    from affect import storage

    root = Path(write_wider(tmp_path))
    for path in root.rglob("*.*"):
        storage.write_bytes(f"{s3}/wider/{path.relative_to(root)}", path.read_bytes())
    wider = WiderFace(f"{s3}/wider")
    assert wider.picture(1).shape == (60, 80, 3)
    assert len(wider.faults()) == 1


def test_pictures_that_are_missing_or_listed_twice(tmp_path: Path) -> None:
    root = Path(write_wider(tmp_path))
    (root / "WIDER_train/images/0--Parade/0_Parade_2.jpg").unlink()
    path = root / "wider_face_split/wider_face_train_bbx_gt.txt"
    path.write_text(LIST + "\n".join(LIST.splitlines()[:4]) + "\n")
    wider = WiderFace(str(root))
    assert ("0--Parade/0_Parade_2.jpg", "the picture is not there") in wider.faults()
    assert ("0--Parade/0_Parade_1.jpg", "the picture is listed twice") in wider.faults()
    with pytest.raises(AffectError, match=r"0_Parade_2\.jpg.*does not exist"):
        wider.picture(1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LIST.replace("449 330", "449 x330"), "line 1: 0--Parade/0_Parade_1.jpg has not the 2 faces it says"),
        (LIST.replace("\n2\n10", "\n3\n10"), "line 8: 12--Group/12_Group_9.jpg has not the 3 faces"),
        (LIST.replace("\n2\n449", "\n449"), "line 1: no picture and its number of faces"),
        ("", "lists no picture"),
    ],
    ids=["number", "cut short", "no count", "empty"],
)
def test_lists_that_are_not_whole(tmp_path: Path, text: str, message: str) -> None:
    root = Path(write_wider(tmp_path))
    (root / "wider_face_split/wider_face_train_bbx_gt.txt").write_text(text)
    with pytest.raises(AffectError, match=message):
        WiderFace(str(root))


def test_labels_that_are_not_whole(tmp_path: Path) -> None:
    root = Path(write_wider(tmp_path))
    for text, message in [(LABELS.replace(" 0.82", ""), "line 2: neither 4 nor 20"), (LABELS[2:], "belongs to no")]:
        (root / "train/label.txt").write_text(text)
        with pytest.raises(AffectError, match=message):
            WiderFace(str(root), landmarks=True)
    with pytest.raises(AffectError, match=r"wider_face_val_bbx_gt\.txt is missing"):
        WiderFace(str(root), "val")
