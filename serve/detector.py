"""The part that decodes pictures and finds faces."""

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from ray.serve.handle import DeploymentHandle

from affect.faces import load_detector
from affect.faces.detector import Detections
from affect.models.predictor import crops
from affect.preprocessing.settings import AlignmentSettings, DetectorSettings
from serve.body import decode_body
from serve.handles import carrying, waited
from serve.problems import ProblemError
from serve.settings import Limits

_KINDS = 4
"""Detectors that are kept; models mostly share one."""


@dataclass(frozen=True)
class Cut:
    """The faces of a picture, what a model is to see of them (n, S, S, 3), and the picture's size."""

    found: Detections
    crops: NDArray[np.uint8]
    width: int
    height: int


@dataclass(frozen=True)
class Settled:
    """With what a FaceDetector starts: the detector that is asked first, and its threads."""

    first: DetectorSettings
    threads: int


class Finds(Protocol):
    """What finds faces for the interface, wherever it is."""

    async def __call__(self, picture: NDArray[np.uint8], settings: DetectorSettings) -> Detections:
        """The faces of a picture (H, W, 3), by the detector that a model's description asks for."""

    async def cut(self, body: bytes, settings: DetectorSettings, alignment: AlignmentSettings) -> Cut | ProblemError:
        """The faces of an encoded picture, which is decoded here alone, and goes no further.

        A fault of the body is returned: raised, it would stand in the log as one of the server.
        """

    async def alive(self) -> None:
        """Returns while it can be asked."""


class FaceDetector:
    """In this process, one picture at a time: OpenCV's networks bear one thread, and memory not many pictures."""

    def __init__(self, settled: Settled, limits: Limits) -> None:
        cv2.setNumThreads(settled.threads)
        self.detector = functools.lru_cache(_KINDS)(load_detector)
        self.detector(settled.first)
        self.limits = limits
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="detector")

    async def __call__(self, picture: NDArray[np.uint8], settings: DetectorSettings) -> Detections:
        return await asyncio.get_running_loop().run_in_executor(self.thread, self._detect, picture, settings)

    async def cut(self, body: bytes, settings: DetectorSettings, alignment: AlignmentSettings) -> Cut | ProblemError:
        return await asyncio.get_running_loop().run_in_executor(self.thread, self._cut, body, settings, alignment)

    async def alive(self) -> None:
        pass

    def _detect(self, picture: NDArray[np.uint8], settings: DetectorSettings) -> Detections:
        return self.detector(settings)(picture)

    def _cut(self, body: bytes, settings: DetectorSettings, alignment: AlignmentSettings) -> Cut | ProblemError:
        try:
            picture = decode_body(body, self.limits)
        except ProblemError as fault:
            return fault
        found = self._detect(picture, settings)
        height, width = picture.shape[:2]
        return Cut(found, crops(picture, found, alignment), width, height)


class RemoteDetector:
    """The one of other processes."""

    def __init__(self, handle: DeploymentHandle) -> None:
        self.handle = handle

    async def __call__(self, picture: NDArray[np.uint8], settings: DetectorSettings) -> Detections:
        found: Detections = await waited(carrying(picture.nbytes, self.handle).remote(picture, settings))
        return found

    async def cut(self, body: bytes, settings: DetectorSettings, alignment: AlignmentSettings) -> Cut | ProblemError:
        cut: Cut | ProblemError = await waited(carrying(len(body), self.handle).cut.remote(body, settings, alignment))
        return cut

    async def alive(self) -> None:
        await waited(self.handle.alive.remote())
