"""What the tests of videos and live frames share."""

from pathlib import Path

import pytest

from affect.faces import load_detector
from tests.serve.local_recognition import LocalRecognition
from tests.watching.made_watching import NETWORKS, asker, make_clip, preprocessing


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip of two faces, with sound."""
    path: Path = tmp_path_factory.mktemp("clips") / "clip.mov"
    make_clip(path)
    return path.read_bytes()


@pytest.fixture(scope="session")
def local() -> LocalRecognition:
    """Real parts: models that take pictures, sequences and sound."""
    names = {"pictures": "CNN", "sequences": "CNN-RNN", "both": "audio-visual", "sound": "audio"}
    return LocalRecognition(
        {name: asker(NETWORKS[kind]) for name, kind in names.items()}, load_detector(preprocessing().detector)
    )
