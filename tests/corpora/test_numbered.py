from pathlib import Path

import numpy as np
import pytest

from affect.corpora.numbered import first_number, frame_stills, load_picture, numbered_files
from affect.errors import AffectError
from tests.corpora.made_files import grey_picture, write_files


def test_files_are_known_by_the_last_number_in_their_names_however_padded(tmp_path: Path) -> None:
    names = ["10.png", "0009.PNG", "face_2_0011.jpg", "12_det.jpg", "cover.jpg", "13.txt", "._14.jpg"]
    write_files(tmp_path, dict.fromkeys(names, ""))
    found = numbered_files(str(tmp_path))
    assert list(found.items()) == [
        (number, f"{tmp_path}/{name}")
        for number, name in ((9, "0009.PNG"), (10, "10.png"), (11, "face_2_0011.jpg"), (12, "12_det.jpg"))
    ]


def test_two_files_of_one_number_are_a_fault(tmp_path: Path) -> None:
    write_files(tmp_path, {"1.jpg": "", "001.jpg": ""})
    with pytest.raises(AffectError, match=r"001\.jpg and 1\.jpg both have the number 1"):
        numbered_files(str(tmp_path))


@pytest.mark.parametrize(("numbers", "first"), [([0, 1, 2], 0), ([1, 2], 1), ([5, 6], 1), ([], 1)])
def test_frames_count_from_nought_only_where_there_is_a_nought(numbers: list[int], first: int) -> None:
    assert first_number(numbers) == first


def test_stills_come_in_order_with_times_boxes_and_landmarks_of_their_frames(tmp_path: Path) -> None:
    write_files(tmp_path, {"00003.png": grey_picture(30), "00001.png": b"broken"})
    points = np.zeros((68, 2), np.float32)
    stills = list(
        frame_stills(
            numbered_files(str(tmp_path)), 25.0, 1, {2: (1.0, 2.0, 3.0, 4.0)}.get, lambda f: points if f == 0 else None
        )
    )
    assert [(still.name, still.frame, still.time_s, still.box) for still in stills] == [
        ("00001.png", 0, 0.0, None),
        ("00003.png", 2, 0.08, (1.0, 2.0, 3.0, 4.0)),
    ]
    assert stills[0].landmarks68 is points
    assert stills[1].landmarks68 is None
    assert (stills[1].load() == 30).all()
    with pytest.raises(AffectError, match=r"00001\.png: .* not a picture"):
        stills[0].load()


def test_a_picture_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match=r"gone\.png does not exist"):
        load_picture(str(tmp_path / "gone.png"))
