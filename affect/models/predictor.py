"""From crops, or whole pictures, to what a model says about the faces."""

import numpy as np
import torch
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.faces.alignment import align
from affect.faces.detector import Detections, Detector
from affect.labels import EXPRESSIONS, action_unit_label
from affect.metrics.tasks import action_unit_thresholds
from affect.models.answer import Face, Prediction
from affect.models.files import ModelDescription
from affect.networks import Network
from affect.networks.inputs import to_input
from affect.preprocessing.settings import AlignmentSettings

_DIGITS = 6  # as many as float32 has
_SUBPIXEL = 2  # decimals of a position


class Predictor:
    """Asks a network about aligned crops, in float32, on a GPU where there is one.

    Both arguments come from ``load_model``. Raises AffectError where the network takes more than single pictures.
    """

    def __init__(self, network: Network, description: ModelDescription, batch: int = 64) -> None:
        network_takes = description.network.takes
        if network_takes != ["image"]:
            raise AffectError(
                f"the model takes {', '.join(network_takes)}, not single pictures of faces; give it whole videos"
            )
        self.description = description
        own = description.thresholds.action_units if description.thresholds else {}
        self.thresholds = action_unit_thresholds(description.network.action_units, own)
        self.batch = batch
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = network.eval().float().to(self.device)

    @torch.inference_mode()
    def __call__(self, crops: NDArray[np.uint8]) -> list[Prediction]:
        """What the model says about each of ``crops`` (n, S, S, 3)."""
        predictions: list[Prediction] = []
        for start in range(0, len(crops), self.batch):
            images = torch.from_numpy(np.ascontiguousarray(crops[start : start + self.batch])).to(self.device)
            predicted = self.network.predict({"image": to_input(images)})
            outputs = {name: tensor.cpu().numpy() for name, tensor in predicted.items()}
            predictions += [self._describe(outputs, row) for row in range(len(images))]
        return predictions

    def _describe(self, outputs: dict[str, NDArray[np.float32]], row: int) -> Prediction:
        prediction: Prediction = {}
        if "expression" in outputs:
            prediction["expression"] = _named(EXPRESSIONS, outputs["expression"][row])
        if "valence_arousal" in outputs:
            valence, arousal = outputs["valence_arousal"][row]
            prediction["valence"] = round(float(valence), _DIGITS)
            prediction["arousal"] = round(float(arousal), _DIGITS)
        if "action_units" in outputs:
            names = tuple(map(action_unit_label, self.description.network.action_units))
            prediction["action_units"] = _named(names, outputs["action_units"][row])
            active = outputs["action_units"][row] >= self.thresholds
            prediction["active_action_units"] = [
                name for name, is_active in zip(names, active, strict=True) if is_active
            ]
        if "compound" in outputs:
            prediction["compound"] = _named(self.description.network.compounds, outputs["compound"][row])
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
        {
            "track_id": index,
            "box": [round(float(value), _SUBPIXEL) for value in box],
            "score": round(float(score), _DIGITS),
            "landmarks": [[round(float(value), _SUBPIXEL) for value in point] for point in points],
            **prediction,
        }
        for index, (box, score, points, prediction) in enumerate(found)
    ]


def _named(names: tuple[str, ...], probabilities: NDArray[np.float32]) -> dict[str, float]:
    return {name: round(float(value), _DIGITS) for name, value in zip(names, probabilities, strict=True)}
