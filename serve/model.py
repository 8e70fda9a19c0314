"""The part that says what a model of the store sees in the faces found."""

import asyncio
import math
from typing import TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from ray import serve

from affect.faces.detector import Detections
from affect.labels import EXPRESSIONS, action_unit_label
from affect.models.answer import Face
from affect.models.files import ModelDescription, load_model
from affect.models.predictor import Predictor, crops, faces
from serve.answers import ModelName, ServedModel

MAX_BATCH = 16
"""Pictures whose faces go through the network at once."""


class ModelFaces(TypedDict):
    """The faces of one picture and the model that described them: both from one replica, so they belong together."""

    model: ModelName
    faces: list[Face]


class FaceModel:
    """Crops the faces found as its model.json says, and asks the network about those of several pictures at once."""

    def __init__(self, uri: str, model: ModelName, threads: int) -> None:
        torch.set_num_threads(threads)
        self.model = model
        self.predictor = Predictor(*load_model(uri))

    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=0.005)  # type: ignore[untyped-decorator]
    async def __call__(self, pictures: list[NDArray[np.uint8]], found: list[Detections]) -> list[ModelFaces]:
        return await asyncio.to_thread(self._describe, pictures, found)

    def _describe(self, pictures: list[NDArray[np.uint8]], found: list[Detections]) -> list[ModelFaces]:
        alignment = self.predictor.description.preprocessing.alignment
        cut = [crops(picture, detections, alignment) for picture, detections in zip(pictures, found, strict=True)]
        predictions = iter(self.predictor(np.concatenate(cut)))
        described = [faces(detections, [next(predictions) for _ in detections.boxes]) for detections in found]
        return [{"model": self.model, "faces": its} for its in described]

    def describe(self) -> ServedModel:
        return served_model(self.model["name"], self.model["version"], self.predictor.description)


def served_model(name: str, version: str, description: ModelDescription) -> ServedModel:
    """What /v1/models says about a model."""
    network = description.network
    return {
        "name": name,
        "version": version,
        "outputs": list(network.heads),
        "expressions": list(EXPRESSIONS) if "expression" in network.heads else [],
        "action_units": list(map(action_unit_label, network.action_units)) if "action_units" in network.heads else [],
        "trained_on": [{"corpus": used.corpus, "synthetic": used.synthetic} for used in description.data],
        "metrics": {name: value if math.isfinite(value) else None for name, value in description.metrics.items()},
        "created": description.created,
    }
