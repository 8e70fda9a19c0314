"""The clip and the detector that the tests of watching share."""

from pathlib import Path

import numpy as np
import pytest

from affect.faces import load_detector
from affect.faces.detector import Detections, Detector
from tests.watching.made_watching import make_clip, preprocessing


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with clip.mov."""
    folder = tmp_path_factory.mktemp("clips")
    make_clip(folder / "clip.mov")
    return folder


@pytest.fixture(scope="session")
def detector() -> Detector:
    """The real one, which looks at the same picture once."""
    real, seen = load_detector(preprocessing().detector), dict[bytes, Detections]()

    def detect(picture: np.ndarray) -> Detections:
        data = picture.tobytes()
        if data not in seen:
            seen[data] = real(picture)
        return seen[data]

    return detect
