"""The part that says what models of the store see in the faces found."""

import asyncio
import logging
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from ray import serve

from affect.errors import AffectError
from affect.faces.detector import Detections
from affect.interface.answers import RuntimeTaken
from affect.models.answer import Face
from affect.models.asking import Answered, Asker, Stretch
from affect.models.choosing import Wanted, choose
from affect.models.files import load_model
from affect.models.predictor import Predictor, faces
from affect.models.store import resolve
from serve.catalogue import read_entry, runtime_taken
from serve.entry import Entry

MAX_BATCH = 16
"""Pictures whose faces go through the network at once."""

CROWD_WAITS_S = 0.2
"""How long a picture's faces wait for those of others, where many wait anyway."""

logger = logging.getLogger("ray.serve")


class FaceModel:
    """Holds models by id, and asks them about the faces of several pictures at once."""

    def __init__(self, store: str, first: tuple[str, ...], room: int, threads: int, wanted: Wanted) -> None:
        torch.set_num_threads(threads)
        self.store = store
        self.wanted = wanted
        self.taken: dict[str, RuntimeTaken] = {}
        """By id of the model."""
        # Serve loads a model when it is first asked; who waits for this replica shall not wait for that.
        self.loaded = {model: self._load(model, wanted) for model in first[:room]}
        self.started = dict(self.taken)

        async def load(model: str) -> Predictor | Asker:
            if model in self.loaded:
                return self.loaded.pop(model)
            return await asyncio.to_thread(self._load_later, model)

        self.load = serve.multiplexed(max_num_models_per_replica=room)(load)

    def _load(self, model: str, wanted: Wanted) -> Predictor | Asker:
        """A Predictor where single pictures are enough."""
        name, _, version = model.partition("@")
        network, description = load_model(resolve(self.store, name, version))
        choice = choose(network, description, wanted)
        logger.info("%s is computed by %s.", model, choice)
        self.taken[model] = runtime_taken(choice)
        if description.network.takes == ["image"]:
            return Predictor(network, description, frames=choice.frames)
        return Asker(network, description, frames=choice.frames)

    def _load_later(self, model: str) -> Predictor | Asker:
        """While others are asked: to measure now would take their time, and tell little.

        Where the runtime is not given by name, it is the one of the version that this replica started with.
        """
        if self.wanted.runtime != "auto":
            return self._load(model, self.wanted)
        name = model.partition("@")[0]
        for taken in (taken for known, taken in self.started.items() if known.partition("@")[0] == name):
            try:
                return self._load(model, Wanted(taken["name"], taken["precision"]))
            except AffectError as error:
                logger.warning("%s is not computed as the version before it was: %s", model, error)
        return self._load(model, Wanted("eager"))

    async def __call__(
        self, found: Detections, crops: NDArray[np.uint8], embedding: bool, *, crowded: bool
    ) -> list[Face]:
        """The faces of a picture, by the model that the request names, with those of others that come at the same time.

        Where it is ``crowded`` others are waited for: together they take less of the processor.
        """
        describe = self._together if crowded else self._at_once
        faces: list[Face] = await describe(found, crops, embedding)
        return faces

    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=0)  # type: ignore[untyped-decorator]
    async def _at_once(self, *several: list[Any]) -> list[list[Face]]:
        return await self._describe(*several)

    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=CROWD_WAITS_S)  # type: ignore[untyped-decorator]
    async def _together(self, *several: list[Any]) -> list[list[Face]]:
        return await self._describe(*several)

    async def _describe(
        self, found: list[Detections], crops: list[NDArray[np.uint8]], embedding: list[bool]
    ) -> list[list[Face]]:
        predictor = await self.load(serve.get_multiplexed_model_id())  # Serve puts requests of one model together
        assert isinstance(predictor, Predictor), "the interface asks no other about pictures"
        return await asyncio.to_thread(_faces, predictor, found, crops, embedding)

    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=0)  # type: ignore[untyped-decorator]
    async def ask(self, stretches: list[list[Stretch]]) -> list[list[Answered]]:
        """The answers to the stretches of several streams, by the model that they name, whatever it takes."""
        model = await self.load(serve.get_multiplexed_model_id())
        asker = model.ask if isinstance(model, Predictor) else model
        answered = iter(await asyncio.to_thread(asker, [stretch for its in stretches for stretch in its]))
        return [[next(answered) for _ in its] for its in stretches]

    async def newest(self, name: str, known: str) -> Entry | None:
        """The current version of ``name``, loaded; None where that is the one with the id ``known``."""
        entry = await asyncio.to_thread(read_entry, self.store, name)
        if entry.id == known:
            return None
        await self.load(entry.id)
        return entry

    async def runtimes(self) -> dict[str, RuntimeTaken]:
        """What computes the models that were loaded, by their ids."""
        return self.taken

    async def alive(self) -> None:
        """Answers."""


def _faces(
    predictor: Predictor, found: list[Detections], crops: list[NDArray[np.uint8]], embedding: list[bool]
) -> list[list[Face]]:
    predictions = iter(predictor(np.concatenate(crops), embedding=any(embedding)))
    described = [faces(detections, [next(predictions) for _ in detections.boxes]) for detections in found]
    for its, wanted in zip(described, embedding, strict=True):
        if not wanted:
            for face in its:
                face.pop("embedding", None)
    return described
