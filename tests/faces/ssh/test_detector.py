"""The detector around a network whose answers are known: decoding, pyramid, suppression, edges, landmarks."""

import cv2
import numpy as np
import pytest
import torch

from affect.faces.ssh.anchors import encode, encode_landmarks
from affect.faces.ssh.detector import SSHDetector
from affect.faces.ssh.network import anchors_for
from affect.faces.ssh.spec import SSHSpec
from affect.preprocessing.settings import DetectorSettings

FACE = np.array([100, 60, 50, 64], np.float32)
POINTS = np.array([[112, 85], [138, 85], [125, 100], [115, 112], [135, 112]], np.float32)


class Knowing(torch.nn.Module):
    """Tells a face wherever an anchor has most of the white rectangle in the picture, and nothing elsewhere."""

    def __init__(self, *, landmarks: bool = True) -> None:
        super().__init__()
        self.spec = SSHSpec(landmarks=landmarks)
        self.parameter = torch.nn.Parameter(torch.zeros(1))
        self.sizes: list[tuple[int, int]] = []

    def forward(self, pictures: torch.Tensor) -> dict[str, torch.Tensor]:
        height, width = pictures.shape[2:]
        self.sizes.append((width, height))
        anchors = anchors_for(height, width)
        rows, columns = torch.nonzero(pictures[0, 0] > 127, as_tuple=True)
        scores = torch.tensor([4.0, -4.0]).repeat(len(anchors), 1)
        told = {"scores": scores, "boxes": torch.zeros(len(anchors), 4), "landmarks": torch.zeros(len(anchors), 10)}
        if len(rows):
            box = torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]).float()
            middles = (anchors[:, :2] + anchors[:, 2:]) / 2
            sure = ((middles > box[:2]) & (middles < box[2:])).all(1)
            scores[sure] = torch.tensor([-1.0, 1.0])
            best = (middles - (box[:2] + box[2:]) / 2).square().sum(1).argmin()
            scores[best] = torch.tensor([-3.0, 3.0])
            told["boxes"] = encode(box.expand(len(anchors), 4), anchors)
            relative = torch.from_numpy((POINTS - FACE[:2]) / FACE[2:])
            points = box[:2] + relative * (box[2:] - box[:2])
            told["landmarks"] = encode_landmarks(points.expand(len(anchors), 5, 2), anchors)
        if not self.spec.landmarks:
            del told["landmarks"]
        return {name: output[None] for name, output in told.items()}


def shown(height: int = 240, width: int = 320, face: np.ndarray = FACE) -> np.ndarray:
    picture = np.zeros((height, width, 3), np.uint8)
    x, y, w, h = face.astype(int)
    picture[max(y, 0) : y + h, max(x, 0) : x + w] = 255
    return picture


def detector(network: Knowing, **settings: object) -> SSHDetector:
    return SSHDetector(DetectorSettings.parse({"name": "ssh", **settings}), network)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "sizes"),
    [
        ({}, [(320, 240)]),
        ({"size": 160}, [(160, 120)]),
        ({"size": 160, "pyramid": [0.5, 1, 2]}, [(80, 60), (160, 120), (320, 240)]),
    ],
)
def test_one_face_in_pixels_of_the_picture_given(settings: dict[str, object], sizes: list[tuple[int, int]]) -> None:
    network = Knowing()
    found = detector(network, **settings)(shown())
    assert network.sizes == sizes
    assert len(found) == 1  # all other places that are sure were suppressed
    assert found.scores[0] == pytest.approx(1 / (1 + np.exp(-6)), abs=1e-6)
    np.testing.assert_allclose(found.boxes[0], FACE, atol=2 if len(sizes) > 1 or "size" in settings else 1e-3)
    np.testing.assert_allclose(found.landmarks[0], POINTS, atol=2 if len(sizes) > 1 or "size" in settings else 1e-3)
    assert {found.boxes.dtype, found.scores.dtype, found.landmarks.dtype} == {np.dtype(np.float32)}


def test_nothing_in_an_empty_picture() -> None:
    for shape in ((1, 1), (33, 500)):
        found = detector(Knowing())(np.zeros((*shape, 3), np.uint8))
        assert (found.boxes.shape, found.scores.shape, found.landmarks.shape) == ((0, 4), (0,), (0, 5, 2))


def test_a_face_at_the_edge_keeps_its_box_in_the_picture() -> None:
    class Beyond(Knowing):
        def forward(self, pictures: torch.Tensor) -> dict[str, torch.Tensor]:
            told = super().forward(pictures)
            told["boxes"][..., 2:] += np.log(2)  # twice as large as what is seen
            return told

    found = detector(Beyond())(shown(face=np.array([0, 60, 30, 64], np.float32)))
    np.testing.assert_allclose(found.boxes[0], [0, 28, 45, 128], atol=1e-3)


def test_the_score_that_is_asked_for() -> None:
    assert len(detector(Knowing(), score=0.9, overlap=1)(shown())) == 1
    assert len(detector(Knowing(), score=0.8, overlap=1)(shown())) > 5
    assert len(detector(Knowing(), score=0.999)(shown())) == 0


def test_without_landmarks_they_are_found_in_the_box() -> None:
    """By the 68 landmarks of a real face; a network for boxes alone then gives what alignment needs."""
    import skimage.data

    from tests.faces.test_centerface import BY_EYE

    face = np.array([172, 55, 100, 122], np.float32)

    class Boxes(Knowing):
        def forward(self, pictures: torch.Tensor) -> dict[str, torch.Tensor]:
            white = torch.from_numpy(shown(*pictures.shape[2:], face)).permute(2, 0, 1)[None]
            return super().forward(white)

    found = detector(Boxes(landmarks=False))(cv2.resize(skimage.data.astronaut(), (512, 512)))
    np.testing.assert_allclose(found.boxes[0], face, atol=1e-3)
    assert np.hypot(*(found.landmarks[0] - BY_EYE).T).mean() < 6
