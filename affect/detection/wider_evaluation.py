"""WIDER FACE's evaluation: which of its validation faces are easy, medium and hard, and a detector judged by them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import scipy.io
from numpy.typing import NDArray

from affect import storage
from affect.errors import AffectError
from affect.faces.detector import Detections
from affect.metrics.average_precision import AveragePrecision

LEVELS = ("easy", "medium", "hard")
"""Hard holds medium, which holds easy."""

FACES = "wider_face_val.mat"


class Judged(NamedTuple):
    """The faces of a picture, and at each level which of them count; the others may be found and need not be."""

    boxes: NDArray[np.float64]
    counted: Mapping[str, NDArray[np.bool_]]


def read_kit(folder: str) -> dict[str, Judged]:
    """The pictures, as ``<event>/<name>.jpg``, of the kit's ground_truth folder.

    Raises AffectError where one of its four files is missing, or they do not belong together.
    """
    kit = _load(folder, FACES)
    lists = {level: _load(folder, f"wider_{level}_val.mat")["gt_list"] for level in LEVELS}
    judged: dict[str, Judged] = {}
    for place, (event,) in enumerate(kit["event_list"]):
        names, boxes = kit["file_list"][place][0], kit["face_bbx_list"][place][0]
        for picture in range(len(names)):
            faces = np.asarray(boxes[picture][0], np.float64).reshape(-1, 4)
            name = f"{event.item()}/{names[picture][0].item()}.jpg"
            counted = {level: _mask(lists[level][place][0][picture][0], len(faces), name, level) for level in LEVELS}
            judged[name] = Judged(faces, counted)
    return judged


class WiderScores:
    """Average precision at each level, of pictures in any order."""

    def __init__(self) -> None:
        self.levels = {level: AveragePrecision() for level in LEVELS}

    def update(self, detections: Detections, judged: Judged) -> None:
        """What a detector finds in a picture, down to the lowest scores: 0.05 in SSH's figures."""
        for level, precision in self.levels.items():
            precision.update(detections.boxes, detections.scores, judged.boxes, judged.counted[level])

    def compute(self) -> dict[str, float]:
        return {level: precision.compute() for level, precision in self.levels.items()}


def _load(folder: str, name: str) -> Any:
    uri = storage.join(folder, name)
    if not storage.exists(uri):
        raise AffectError(f"{uri} does not exist; give the kit's folder ground_truth")
    with storage.local_copy(uri) as path:
        try:
            return scipy.io.loadmat(str(path))
        except Exception as error:  # readers of foreign bytes fail in ways that nobody lists
            raise AffectError(f"{uri} is not a file of the evaluation kit ({error}); get it again") from error


def _mask(numbers: Any, faces: int, name: str, level: str) -> NDArray[np.bool_]:
    """The kit counts from 1."""
    places = np.asarray(numbers, np.int64).ravel() - 1
    if len(places) and not 0 <= places.min() <= places.max() < faces:
        raise AffectError(f"{name} has {faces} faces, and wider_{level}_val.mat more; take both from the same kit")
    mask = np.zeros(faces, np.bool_)
    mask[places] = True
    return mask
