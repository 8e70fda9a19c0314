"""Finding faces, bringing them into one position, and following them through a video."""

from collections.abc import Callable

from affect.faces.centerface import CenterFace
from affect.faces.detector import Detector
from affect.faces.mtcnn import MTCNN
from affect.preprocessing.settings import DetectorSettings


def _ssh(settings: DetectorSettings) -> Detector:
    from affect.faces.ssh.detector import SSHDetector  # noqa: PLC0415 - torch, which the others do without

    return SSHDetector(settings)


DETECTORS: dict[str, Callable[[DetectorSettings], Detector]] = {"centerface": CenterFace, "mtcnn": MTCNN, "ssh": _ssh}


def load_detector(settings: DetectorSettings) -> Detector:
    """The detector that ``settings`` names, ready to use. Raises AffectError when its weights are missing."""
    return DETECTORS[settings.name](settings)
