"""The 68 landmarks: as the original network gives them, on a real face wherever it lies in the picture."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
import torch
from safetensors.torch import load_file

from affect.errors import AffectError
from affect.faces.convert_landmarks68 import convert
from affect.faces.landmarks import five_of
from affect.faces.landmarks68 import WEIGHTS, Landmarks68, Network68
from tests.faces.test_centerface import BY_EYE

ORIGINAL = {
    0: (8.370, 39.252), 8: (53.474, 112.612), 16: (102.795, 45.869), 19: (31.722, 26.111), 24: (81.426, 29.670),
    30: (53.631, 67.268), 36: (27.020, 38.811), 45: (84.656, 43.047), 48: (33.436, 79.377), 54: (76.272, 81.801),
    57: (54.035, 93.416), 66: (54.405, 88.327),
}  # fmt: skip
"""What face-api 1.7.15 itself gave, run by its own JavaScript, for the crop of the test below; and their sum."""

ORIGINAL_SUM = 8155.703


@pytest.fixture(scope="module")
def find() -> Landmarks68:
    return Landmarks68()


def test_equals_the_original_network() -> None:
    network = Network68()
    network.load_state_dict(load_file(WEIGHTS))
    crop = torch.from_numpy(skimage.data.astronaut()[60:172, 168:280].copy())
    with torch.inference_mode():
        found = network.eval()(crop.permute(2, 0, 1)[None].float())[0].numpy() * 112
    # The weights are kept in 16 bits: 0.03 pixels of 112.
    np.testing.assert_allclose(found[list(ORIGINAL)], list(ORIGINAL.values()), atol=0.05)
    assert found.sum() == pytest.approx(ORIGINAL_SUM, abs=136 * 0.02)


def distance(found: np.ndarray, expected: np.ndarray) -> float:
    """Mean over points, in distances between the eyes of the astronaut."""
    return float(np.hypot(*(found - expected).T).mean() / np.hypot(*(BY_EYE[1] - BY_EYE[0])))


@pytest.mark.parametrize("angle", [0, 30, -60, 180])
@pytest.mark.parametrize("scale", [0.6, 1.0, 3.0])
def test_follows_the_face_through_turns_and_sizes(find: Landmarks68, angle: float, scale: float) -> None:
    picture = skimage.data.astronaut()
    turn = cv2.getRotationMatrix2D((224, 123), angle, scale)
    turn[:, 2] += 40
    whole = cv2.warpAffine(picture, turn, (560, 560))
    found = find(whole, BY_EYE @ turn[:, :2].T + turn[:, 2])
    assert (found.shape, found.dtype) == ((68, 2), np.float32)
    back = (found - turn[:, 2]) @ np.linalg.inv(turn[:, :2]).T
    assert distance(five_of(back), BY_EYE) < 0.08
    assert distance(back, find(picture, BY_EYE)) < 0.04


def test_a_box_does_as_well(find: Landmarks68) -> None:
    picture = skimage.data.astronaut()
    found = find(picture, np.array([175, 53, 98, 124]))
    assert distance(five_of(found), BY_EYE) < 0.08
    assert distance(found, find(picture, BY_EYE)) < 0.05


def test_coinciding_landmarks_are_refused(find: Landmarks68) -> None:
    with pytest.raises(AffectError, match="coincide"):
        find(skimage.data.astronaut(), np.full((5, 2), 9.0))


def test_conversion_dequantises_and_turns(tmp_path: Path) -> None:
    entries = [
        ("dense0/conv0/filters", [3, 3, 3, 2], 0.5, -1.0),
        ("dense1/conv2/depthwise_filter", [3, 3, 4, 1], 2.0, 1.0),
        ("dense1/conv2/pointwise_filter", [1, 1, 4, 2], 1.0, 0.0),
        ("fc/weights", [2, 3], 1.0, 0.0),
    ]
    sizes = [int(np.prod(shape)) for _, shape, _, _ in entries]
    weights = [
        {"name": name, "shape": shape, "quantization": {"dtype": "uint8", "scale": scale, "min": low}}
        for name, shape, scale, low in entries
    ]
    weights.append({"name": "fc/bias", "shape": [3], "dtype": "float32"})
    bias = np.array([26, 26.25, 26.5], np.float32).tobytes()
    (tmp_path / "m-weights_manifest.json").write_text(json.dumps([{"weights": weights}]))
    (tmp_path / "m.bin").write_bytes(bytes(range(sum(sizes))) + bias)
    found = convert(tmp_path / "m-weights_manifest.json")
    first = found["blocks.0.convolutions.0.weight"]
    assert first.shape == (2, 3, 3, 3)
    assert first[1, 2, 0, 1] == 0.5 * np.ravel_multi_index((0, 1, 2, 1), (3, 3, 3, 2)) - 1
    deep = found["blocks.1.convolutions.2.depthwise.weight"]
    assert deep.shape == (4, 1, 3, 3)
    assert deep[3, 0, 1, 2] == 2 * (54 + np.ravel_multi_index((1, 2, 3, 0), (3, 3, 4, 1))) + 1
    assert found["blocks.1.convolutions.2.pointwise.weight"][1, 3, 0, 0] == 90 + 7
    assert found["answer.weight"].tolist() == [[98, 101], [99, 102], [100, 103]]
    assert found["answer.bias"].tolist() == [26, 26.25, 26.5]
    (tmp_path / "m.bin").write_bytes(bytes(sum(sizes) + len(bias) + 1))
    with pytest.raises(SystemExit, match="bytes"):
        convert(tmp_path / "m-weights_manifest.json")
