"""What stands behind the interface in tests: no model, but each way in which one can behave."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from fastapi import FastAPI
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from affect.faces.detector import Detections
from affect.interface.answers import Answer, Looked, ModelName, RuntimeTaken, StoredModel
from affect.models.asking import Asker
from affect.networks import build
from serve.body import decode_body
from serve.catalogue import stored_model
from serve.http import build_api
from serve.recognition import Eyes, Recognition
from serve.settings import Limits
from tests.made_models import describe

LIMITS = Limits(bytes=300_000, pixels=300_000, pictures=4, batch_bytes=900_000)
FAULTY_HEIGHT, SLOW_HEIGHT = 13, 14
CARD = "# made 0001\n\n| metric | test |\n|---|---|\n| ccc | 0.5 |\n\n<script>alert(1)</script>\n"
RUNTIME: RuntimeTaken = {
    "name": "onnxruntime",
    "precision": "float32",
    "measured": [{"name": "onnxruntime", "precision": "float32", "milliseconds": {"1": 2.5, "16": 20.0}}],
    "left_out": [{"name": "compiled", "precision": "float32", "reason": "it takes long"}],
}


def no_face(picture: NDArray[np.uint8]) -> Detections:
    return Detections.none()


class MadeRecognition:
    """Two models that find no face. Pictures of some heights are answered by a fault, or when ``release`` is set."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.seen: list[tuple[str, tuple[int, ...], bool]] = []
        self.cancelled = 0
        self.broken = False

    def models(self) -> list[StoredModel]:
        return [stored_model(name, version, describe(), ["0001", version]) for name, version in self.names()]

    async def runtimes(self) -> dict[str, RuntimeTaken]:
        return {"made": RUNTIME}

    def names(self) -> list[tuple[str, str]]:
        return [("made", "0001"), ("other", "0007")]

    def eyes(self, model: str) -> Eyes:
        asker = Asker(build(describe().network), describe(), device=torch.device("cpu"))
        return Eyes({"name": model, "version": dict(self.names())[model]}, no_face, asker)

    def card(self, model: str) -> str:
        return CARD

    async def ready(self) -> list[ModelName]:
        if self.broken:
            raise RuntimeError("the replica is gone")
        return [{"name": name, "version": version} for name, version in self.names()]

    async def recognise(self, body: bytes, model: str, embedding: bool) -> Answer:
        picture = decode_body(body, LIMITS)
        self.seen.append((model, picture.shape, embedding))
        if picture.shape[0] == FAULTY_HEIGHT:
            raise RuntimeError("secret inner workings")
        if picture.shape[0] == SLOW_HEIGHT:
            try:
                await self.release.wait()
            except asyncio.CancelledError:
                self.cancelled += 1
                raise
        height, width = picture.shape[:2]
        version = dict(self.names())[model]
        named: ModelName = {"name": model, "version": version}
        return {"model": named, "not_given": [], "width": width, "height": height, "faces": []}


class Noted:
    """An observer that remembers."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, int, str]] = []
        self.answers: list[Looked] = []

    def answered(self, route: str, status: int, code: str, seconds: float) -> None:
        assert seconds >= 0
        self.requests.append((route, status, code))

    def recognised(self, answer: Looked) -> None:
        self.answers.append(answer)


def made_api(recognition: Recognition | None = None, observer: Noted | None = None, **settings: Any) -> FastAPI:
    """The interface before a made recognition."""
    return build_api(recognition or MadeRecognition(), observer or Noted(), **({"limits": LIMITS} | settings))


@contextmanager
def asked(api: FastAPI) -> Iterator[TestClient]:
    """A client of ``api`` that sees what one over a network would: a fault of the server is an answer."""
    with TestClient(api, "http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client
