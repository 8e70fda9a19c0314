"""WIDER FACE as it is distributed, small: a few pictures, lists in both forms, and the evaluation kit's files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import scipy.io

from affect.media.pictures import encode_jpeg

LIST = """0--Parade/0_Parade_1.jpg
2
449 330 122 149 0 0 0 0 0 0
361 98 263 339 1 0 0 1 2 0
0--Parade/0_Parade_2.jpg
0
0 0 0 0 0 0 0 0 0 0
12--Group/12_Group_9.jpg
2
10 20 30 40 0 0 0 0 0 0
78 221 7 0 2 0 0 0 0 0
"""

LABELS = """# 0--Parade/0_Parade_1.jpg
449 330 122 149 488.906 373.643 0.0 542.089 376.442 0.0 515.031 412.83 0.0 485.174 425.893 0.0 538.357 431.491 0.0 0.82
361 98 263 339 -1.0 -1.0 -1.0 -1.0 -1.0 -1.0 -1.0 -1.0 -1.0 -1.0 -1.0 -1.0 -1.0 -1.0 -1.0 0.0
# 12--Group/12_Group_9.jpg
10 20 30 40
"""


def write_wider(root: Path, split: str = "train") -> str:
    for number, name in enumerate(("0--Parade/0_Parade_1.jpg", "0--Parade/0_Parade_2.jpg", "12--Group/12_Group_9.jpg")):
        path = root / f"WIDER_{split}" / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_jpeg(np.full((60, 80, 3), 40 * number, np.uint8)))
    for file, text in ((f"wider_face_split/wider_face_{split}_bbx_gt.txt", LIST), (f"{split}/label.txt", LABELS)):
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(root)


def cells(values: Sequence[object]) -> np.ndarray:
    column = np.empty((len(values), 1), object)
    for place, value in enumerate(values):
        column[place, 0] = value
    return column


def write_kit(
    folder: Path,
    events: Mapping[str, Mapping[str, np.ndarray]],
    levels: Mapping[str, Sequence[Sequence[Sequence[int]]]],
) -> str:
    """``events``: boxes by picture; ``levels``: by event and picture the numbers, from 1, of the faces that count."""
    faces = {
        "event_list": cells([np.array([event]) for event in events]),
        "file_list": cells([cells([np.array([name]) for name in pictures]) for pictures in events.values()]),
        "face_bbx_list": cells([cells(list(pictures.values())) for pictures in events.values()]),
    }
    scipy.io.savemat(folder / "wider_face_val.mat", faces)
    for level, numbers in levels.items():
        lists = cells([cells([np.array(one, np.int32).reshape(-1, 1) for one in event]) for event in numbers])
        scipy.io.savemat(folder / f"wider_{level}_val.mat", {"gt_list": lists})
    return str(folder)
