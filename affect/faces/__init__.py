"""Finding faces, bringing them into one position, and following them through a video."""

from collections.abc import Callable

from affect.faces.centerface import CenterFace
from affect.faces.detector import Detector
from affect.faces.mtcnn import MTCNN
from affect.preprocessing.settings import DetectorSettings

DETECTORS: dict[str, Callable[[DetectorSettings], Detector]] = {"centerface": CenterFace, "mtcnn": MTCNN}


def load_detector(settings: DetectorSettings) -> Detector:
    """The detector that ``settings`` names, ready to use. Raises AffectError when its weights are missing."""
    return DETECTORS[settings.name](settings)
