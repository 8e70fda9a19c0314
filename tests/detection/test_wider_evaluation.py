"""The evaluation kit's files, and a detector judged at each level by hand."""

from pathlib import Path

import numpy as np
import pytest

from affect.detection.wider_evaluation import WiderScores, read_kit
from affect.errors import AffectError
from affect.faces.detector import Detections
from tests.detection.made_wider import write_kit

LARGE, SMALL, TINY = [0, 0, 99, 99], [200, 0, 29, 29], [300, 0, 9, 9]
EVENTS = {
    "0--Parade": {"0_Parade_1": np.array([LARGE, SMALL, TINY], float), "0_Parade_2": np.array([SMALL], float)},
    "1--Handshaking": {"1_Handshaking_7": np.array([LARGE], float)},
}
LEVELS = {"easy": [[[1], []], [[1]]], "medium": [[[1, 2], [1]], [[1]]], "hard": [[[1, 2, 3], [1]], [[1]]]}


def found(*boxes: tuple[list[int], float]) -> Detections:
    count = len(boxes)
    scores = np.array([score for _, score in boxes], np.float32)
    return Detections(
        np.array([box for box, _ in boxes], np.float32).reshape(count, 4), scores, np.zeros((count, 5, 2), np.float32)
    )


def test_levels_by_hand(tmp_path: Path) -> None:
    kit = read_kit(write_kit(tmp_path, EVENTS, LEVELS))
    assert list(kit) == ["0--Parade/0_Parade_1.jpg", "0--Parade/0_Parade_2.jpg", "1--Handshaking/1_Handshaking_7.jpg"]
    scores = WiderScores()
    scores.update(found((LARGE, 0.9), (SMALL, 0.8)), kit["0--Parade/0_Parade_1.jpg"])
    scores.update(found(([400, 0, 29, 29], 0.85), (SMALL, 0.7)), kit["0--Parade/0_Parade_2.jpg"])
    scores.update(found((LARGE, 0.95)), kit["1--Handshaking/1_Handshaking_7.jpg"])
    # Easy: two faces, both before the false one; SMALL is ignored. Medium: two more, at precisions 3/4 and 4/5, of
    # which the second lifts the first. Hard: one face more, which is not found.
    expected = {"easy": 1.0, "medium": 0.5 + 0.5 * 4 / 5, "hard": 2 / 5 + 2 / 5 * 4 / 5}
    assert scores.compute() == pytest.approx(expected)


def test_files_that_do_not_belong_together(tmp_path: Path) -> None:
    folder = write_kit(tmp_path, EVENTS, LEVELS | {"hard": [[[1, 4], [1]], [[1]]]})
    with pytest.raises(AffectError, match=r"0_Parade_1\.jpg has 3 faces, and wider_hard_val\.mat more"):
        read_kit(folder)
    (tmp_path / "wider_easy_val.mat").write_bytes(b"not a file of MATLAB")
    with pytest.raises(AffectError, match=r"wider_easy_val\.mat is not a file of the evaluation kit"):
        read_kit(folder)
    (tmp_path / "wider_easy_val.mat").unlink()
    with pytest.raises(AffectError, match=r"wider_easy_val\.mat does not exist"):
        read_kit(folder)
