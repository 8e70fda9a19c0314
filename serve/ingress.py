"""The part that speaks HTTP."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from fastapi import FastAPI
from numpy.typing import NDArray
from ray.exceptions import RayActorError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError
from ray.serve.handle import DeploymentHandle

from affect.annotation.recording.project import Project
from affect.faces.detector import Detections
from affect.interface.answers import Answer, ModelName, RuntimeTaken, StoredModel
from affect.models.answer import Face
from affect.models.asking import Answered, Stretch
from affect.models.files import ModelDescription
from serve.annotation.http import AnnotationTool
from serve.authentication import Tokens
from serve.detector import FaceDetector, Finds, RemoteDetector, Settled
from serve.entry import Entry
from serve.handles import carrying, waited
from serve.http import build_api
from serve.metrics import Metrics
from serve.problems import ProblemError
from serve.recognition import Eyes
from serve.settings import Access, AnnotationPlace, Limits, Sources

TRIES = 3
"""A request whose replica died is sent to another one; it changes nothing, so it may be sent again."""
CROWD = 8
"""More pictures at once than this wait for their turn anyway."""
_PROBE_S = 5.0
_TOLD_S = 1.0
"""What computes the models is told by a part that may be busy; the list of models does not wait for it."""
Result = TypeVar("Result")

logger = logging.getLogger("ray.serve")


class Ingress:
    """Sends each picture to the detector, and the faces that it cuts out to the model.

    Its models are a ``serve.recognition.Recognition``.
    """

    def __init__(
        self,
        detector: DeploymentHandle | Settled,
        model: DeploymentHandle,
        entries: tuple[Entry, ...],
        follow: tuple[str, ...],
        follow_s: float | None,
        limits: Limits,
        access: Access,
        sources: Sources,
        tokens: Tokens,
        annotation: tuple[AnnotationPlace, Tokens] | None = None,
    ) -> None:
        self.detector: Finds = (
            FaceDetector(detector, limits) if isinstance(detector, Settled) else RemoteDetector(detector)
        )
        self.model = model
        self.entries = {entry.model["name"]: entry for entry in entries}
        self.limits, self.access, self.sources, self.tokens = limits, access, sources, tokens
        self.annotation = annotation
        self.asked = 0
        """Pictures that are with the other parts now."""
        self.taken: dict[str, RuntimeTaken] = {}
        """By id of the model."""
        if follow_s is not None:
            self.following = asyncio.get_running_loop().create_task(self._follow(follow, follow_s))

    def __serve_build_asgi_app__(self) -> FastAPI:
        tool = None
        if self.annotation is not None:
            place, owners = self.annotation
            tool = AnnotationTool(Project.open(place.project, place.videos), owners)
        return build_api(self, Metrics(), self.limits, self.access, self.sources, self.tokens, tool)

    def models(self) -> list[StoredModel]:
        return [entry.model for entry in self.entries.values()]

    async def runtimes(self) -> dict[str, RuntimeTaken]:
        ids = {entry.model["name"]: entry.id for entry in self.entries.values()}
        if not self.taken.keys() >= set(ids.values()):
            try:
                self.taken |= await asyncio.wait_for(waited(self.model.runtimes.remote()), _TOLD_S)
            except Exception:  # as probes say it, the list of models need not
                logger.info("What computes the models is not known now.", exc_info=True)
        return {name: self.taken[id_] for name, id_ in ids.items() if id_ in self.taken}

    def card(self, model: str) -> str:
        return self.entries[model].card

    async def ready(self) -> list[ModelName]:
        await asyncio.wait_for(asyncio.gather(self.detector.alive(), waited(self.model.alive.remote())), _PROBE_S)
        return [{"name": entry.model["name"], "version": entry.model["version"]} for entry in self.entries.values()]

    async def recognise(self, body: bytes, model: str, embedding: bool) -> Answer:
        entry = self.entries[model]  # once: the entry may be another one before the answer comes
        self.asked += 1
        try:
            return await _again(lambda: self._answer(body, entry, embedding))
        finally:
            self.asked -= 1

    def eyes(self, model: str) -> Eyes:
        entry = self.entries[model]  # a stream is watched to its end by the version that it began with
        loop = asyncio.get_running_loop()

        def on_loop(ask: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
            return asyncio.run_coroutine_threadsafe(_again(ask), loop).result(self.limits.request_s)

        def detect(picture: NDArray[np.uint8]) -> Detections:
            return on_loop(lambda: self.detector(picture, entry.detector))

        model_handle = self.model.options(multiplexed_model_id=entry.id)

        def ask(stretches: Sequence[Stretch]) -> list[Answered]:
            return on_loop(lambda: waited(model_handle.ask.remote(list(stretches)))) if stretches else []

        return Eyes(_name(entry), detect, Asking(entry.description, ask))

    async def _answer(self, body: bytes, entry: Entry, embedding: bool) -> Answer:
        alignment = entry.description.preprocessing.alignment
        cut = await self.detector.cut(body, entry.detector, alignment)
        if isinstance(cut, ProblemError):
            raise cut
        model = carrying(cut.crops.nbytes, self.model).options(multiplexed_model_id=entry.id)
        crowded = self.asked > CROWD
        faces: list[Face] = await waited(model.remote(cut.found, cut.crops, embedding, crowded=crowded))
        lacking = entry.model["not_given"]
        return {"model": _name(entry), "not_given": lacking, "width": cut.width, "height": cut.height, "faces": faces}

    async def _follow(self, names: tuple[str, ...], seconds: float) -> None:
        """Go over to promoted versions, each once it is loaded."""
        while True:
            await asyncio.sleep(seconds)
            for name in names:
                try:
                    newest = await self.model.newest.remote(name, self.entries[name].id)
                except Exception:
                    logger.exception("The store or its new version of %s cannot be read; the old one serves on.", name)
                    continue
                if newest is not None:
                    self.entries[name] = newest
                    logger.info("%s is served now.", newest.id)


@dataclass(frozen=True)
class Asking:
    """An ``affect.models.asking.Asks`` whose network is in another process."""

    description: ModelDescription
    ask: Callable[[Sequence[Stretch]], list[Answered]]

    def __call__(self, stretches: Sequence[Stretch]) -> list[Answered]:
        return self.ask(stretches)


def _name(entry: Entry) -> ModelName:
    return {"name": entry.model["name"], "version": entry.model["version"]}


async def _again(ask: Callable[[], Awaitable[Result]]) -> Result:
    for left in reversed(range(TRIES)):
        try:
            return await ask()
        except BackPressureError as error:
            raise ProblemError("overloaded", "too many requests wait; ask again later", retry_after_s=1) from error
        except DeploymentUnavailableError as error:
            raise ProblemError("not_ready", "a part behind the interface failed", retry_after_s=1) from error
        except RayActorError:
            if not left:
                raise
    raise AssertionError
