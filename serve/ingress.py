"""The part that speaks HTTP and decodes pictures."""

import numpy as np
from fastapi import FastAPI
from numpy.typing import NDArray
from ray.serve.handle import DeploymentHandle

from serve.answers import Answer, ServedModel
from serve.http import build_api
from serve.settings import Limits


class Ingress:
    """Sends each picture through the detector to the model."""

    def __init__(self, detector: DeploymentHandle, model: DeploymentHandle, limits: Limits) -> None:
        self.detector = detector
        self.model = model
        self.limits = limits

    def __serve_build_asgi_app__(self) -> FastAPI:
        return build_api(self.recognise, self.describe, self.limits)

    async def recognise(self, picture: NDArray[np.uint8]) -> Answer:
        answer = await self.model.remote(picture, self.detector.remote(picture))
        height, width = picture.shape[:2]
        return {"model": answer["model"], "width": width, "height": height, "faces": answer["faces"]}

    async def describe(self) -> ServedModel:
        description: ServedModel = await self.model.describe.remote()
        return description
