"""From crops, or whole pictures, to what a model says about the faces."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.faces.alignment import align
from affect.faces.detector import Detections, Detector
from affect.labels import RAFDB_COMPOUNDS
from affect.media.pictures import through_jpeg
from affect.metrics.tasks import action_unit_thresholds
from affect.models.answer import Face, FoundFace, Prediction
from affect.models.asking import Asker, Stretch
from affect.models.files import ModelDescription
from affect.models.runtimes import Frames
from affect.networks import Network
from affect.preprocessing.settings import AlignmentSettings

DERIVED = RAFDB_COMPOUNDS
"""The compound expressions that are derived from other outputs: those that FaceBehaviorNet, section 7.5, derives."""

_DIGITS = 6  # as many as float32 has
_SUBPIXEL = 2  # decimals of a position


class Predictor:
    """Asks a network about aligned crops, in float32, on a GPU where there is one.

    The arguments are those of Asker. Raises AffectError where the network takes more than single pictures.
    """

    def __init__(
        self, network: Network, description: ModelDescription, batch: int = 64, frames: Frames | None = None
    ) -> None:
        network_takes = description.network.takes
        if network_takes != ["image"]:
            raise AffectError(
                f"the model takes {', '.join(network_takes)}, not single pictures of faces; give it whole videos"
            )
        self.description = description
        self.ask = Asker(network, description, batch, frames=frames)

    def __call__(self, crops: NDArray[np.uint8], embedding: bool = False) -> list[Prediction]:
        """What the model says about each of ``crops`` (n, S, S, 3), with each one's embedding where asked for.

        They go through JPEG first, as all that it was trained on and judged by did.
        """
        if not len(crops):
            return []
        quality = self.description.preprocessing.jpeg_quality
        stored = np.stack([through_jpeg(crop, quality) for crop in crops])
        (answered,) = self.ask([Stretch({"image": stored})])
        return [describe(self.description, answered.outputs, row, embedding=embedding) for row in range(len(crops))]


def describe(
    description: ModelDescription, outputs: Mapping[str, NDArray[np.floating]], row: int, *, embedding: bool = False
) -> Prediction:
    """A row of Answered.outputs by names; "derived_compound" (n, C), scores of DERIVED, is one more of them."""
    network = description.network
    prediction: Prediction = {}
    if "expression" in outputs:
        prediction["expression"] = _named(network.names("expression"), outputs["expression"][row])
    if "valence_arousal" in outputs:
        valence, arousal = outputs["valence_arousal"][row]
        prediction["valence"] = round(float(valence), _DIGITS)
        prediction["arousal"] = round(float(arousal), _DIGITS)
    if "action_units" in outputs:
        names = network.names("action_units")
        prediction["action_units"] = _named(names, outputs["action_units"][row])
        active = outputs["action_units"][row] >= action_unit_thresholds(
            network.action_units, description.own_thresholds
        )
        prediction["active_action_units"] = [name for name, is_active in zip(names, active, strict=True) if is_active]
    if "compound" in outputs:
        prediction["compound"] = _named(network.names("compound"), outputs["compound"][row])
    if embedding:
        prediction["embedding"] = [round(float(value), _DIGITS) for value in outputs["embedding"][row]]
    if "derived_compound" in outputs:
        prediction["derived_compound"] = _named(DERIVED, outputs["derived_compound"][row])
    return prediction


class Recogniser:
    """Finds every face of a whole picture and says what the model sees in it."""

    def __init__(self, detector: Detector, predictor: Predictor) -> None:
        self.detector = detector
        self.predictor = predictor

    def __call__(self, picture: NDArray[np.uint8]) -> list[Face]:
        """The faces of ``picture`` (H, W, 3), RGB and upright, in the detector's order."""
        detections = self.detector(picture)
        alignment = self.predictor.description.preprocessing.alignment
        return faces(detections, self.predictor(crops(picture, detections, alignment)))


def crops(picture: NDArray[np.uint8], detections: Detections, alignment: AlignmentSettings) -> NDArray[np.uint8]:
    """The aligned crop of each detection, (n, S, S, 3)."""
    if not len(detections.boxes):
        return np.empty((0, alignment.size, alignment.size, 3), np.uint8)
    return np.stack([align(picture, points, alignment) for points in detections.landmarks])


def faces(detections: Detections, predictions: list[Prediction]) -> list[Face]:
    """Detections and what the model said about their crops, as one answer."""
    found = zip(detections.boxes, detections.scores, detections.landmarks, predictions, strict=True)
    return [
        {**found_face(index, box, float(score), points), **prediction}
        for index, (box, score, points, prediction) in enumerate(found)
    ]


def found_face(
    track: int,
    box: NDArray[np.float32],
    score: float,
    landmarks: NDArray[np.float32],
    landmarks68: NDArray[np.float32] | None = None,
) -> FoundFace:
    """Where a face is, as answers say it."""
    face: FoundFace = {
        "track_id": track,
        "box": [round(float(value), _SUBPIXEL) for value in box],
        "score": round(score, _DIGITS),
        "landmarks": _points(landmarks),
    }
    if landmarks68 is not None:
        face["landmarks68"] = _points(landmarks68)
    return face


def _points(points: NDArray[np.float32]) -> list[list[float]]:
    return [[round(float(value), _SUBPIXEL) for value in point] for point in points]


def _named(names: tuple[str, ...], values: NDArray[np.floating]) -> dict[str, float]:
    return {name: round(float(value), _DIGITS) for name, value in zip(names, values, strict=True)}
