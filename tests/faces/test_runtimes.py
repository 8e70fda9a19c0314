"""Both runtimes give the same faces, also when pictures change their size and faces their number."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from affect.errors import AffectError
from affect.faces import load_detector
from affect.faces.runtimes import load_network, runs_on_gpu
from affect.preprocessing.settings import DetectorSettings


def pictures() -> list[np.ndarray]:
    """One face, two, none, one that is large: of other sizes, so that networks meet other shapes each time."""
    astronaut = skimage.data.astronaut()
    face = astronaut[:256, 96:352]
    two = np.concatenate([face, np.zeros_like(face), face[:, ::-1]], axis=1)
    return [astronaut, two, np.full((100, 70, 3), 90, np.uint8), cv2.resize(face, (500, 500)), astronaut]


@pytest.mark.parametrize("name", ["centerface", "mtcnn"])
def test_the_runtimes_agree(name: str) -> None:
    opencv, onnxruntime = (
        load_detector(DetectorSettings(name=name, runtime=runtime)) for runtime in ("opencv", "onnxruntime")
    )
    for picture, count in zip(pictures(), (1, 2, 0, 1, 1), strict=True):
        one, other = opencv(picture), onnxruntime(picture)
        assert len(one) == len(other) == count
        np.testing.assert_allclose(one.boxes, other.boxes, atol=1e-3)
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-3)
        np.testing.assert_allclose(one.landmarks, other.landmarks, atol=1e-3)


def test_a_runtime_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AffectError, match="tensorrt"):
        load_network(Path("net.onnx"), ["out"], "tensorrt")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(AffectError, match=r"-e '\.\[onnxruntime\]'"):
        load_detector(DetectorSettings(runtime="onnxruntime"))


@pytest.mark.parametrize(("provider", "gpu"), [("CUDAExecutionProvider", True), ("AzureExecutionProvider", False)])
def test_a_gpu_is_used_by_onnx_runtime_where_it_finds_one(
    monkeypatch: pytest.MonkeyPatch, provider: str, gpu: bool
) -> None:
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: [provider, "CPUExecutionProvider"])
    assert runs_on_gpu("onnxruntime") is gpu
    assert not runs_on_gpu("opencv")
