"""The runtime that is fastest for a network on the device at hand, by measurement."""

import math
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.models.asking import Answered, Asker, Stretch
from affect.models.files import ModelDescription
from affect.models.runtimes import RUNTIMES, Frames, Precision, Runtime
from affect.networks import Network
from affect.networks.inputs import LANDMARK_VALUES
from affect.registry import look_up

TOLERANCE: Mapping[Precision, float] = {"float32": 1e-3, "bfloat16": 2e-2}
"""By how much a runtime's predictions may differ from those of torch in float32: probabilities, valence and arousal by
so much, embeddings by so much of the largest value in them."""

ROUNDS = 7
"""Rounds that are enough, where there is time for as many."""


@dataclass(frozen=True)
class Wanted:
    """What may be chosen from."""

    runtime: str = "auto"
    """One of RUNTIMES; auto: the fastest of them."""
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    """auto: the faster of both, where both hold their tolerance."""
    seconds: float = 4
    """For measuring. With auto, a runtime that needs longer to be prepared is left out."""
    batch: int = 16
    """Faces that are asked about at once when there are many."""


@dataclass(frozen=True)
class Timing:
    """Median milliseconds, by the number of faces that were asked about at once."""

    runtime: str
    precision: Precision
    milliseconds: Mapping[int, float]


@dataclass(frozen=True)
class LeftOut:
    """What could not be chosen, and why."""

    runtime: str
    precision: Precision
    reason: str


@dataclass(frozen=True)
class Choice:
    """What computes the frames of a network from now on."""

    runtime: str
    precision: Precision
    frames: Frames
    timings: tuple[Timing, ...]
    """Of all that were measured, the fastest first; empty where nothing else could be chosen."""
    left_out: tuple[LeftOut, ...]

    def __str__(self) -> str:
        told = [f"{self.runtime} in {self.precision}"]
        for timing in self.timings:
            figures = ", ".join(f"{count} at once {took:.1f} ms" for count, took in timing.milliseconds.items())
            told.append(f"{timing.runtime} in {timing.precision}: {figures}")
        told += [f"without {one.runtime} in {one.precision}: {one.reason}" for one in self.left_out]
        return "; ".join(told)


def choose(
    network: Network, description: ModelDescription, wanted: Wanted = Wanted(), device: torch.device | None = None
) -> Choice:
    """The fastest runtime among those ``wanted`` that say of made faces what torch says in float32.

    The first two arguments come from ``load_model``. What each says is compared first, which warms it up; then all are
    asked in turn, about one face and about ``wanted.batch``, until the time is up or ROUNDS are done, and once at
    least. The fastest has the least product of its two medians: to be twice as fast with one face weighs as much as to
    be so with many. Raises AffectError where a runtime is unknown, or none can be had, with the reasons.
    """
    names = list(RUNTIMES) if wanted.runtime == "auto" else [wanted.runtime]
    precisions: tuple[Precision, ...] = tuple(TOLERANCE) if wanted.precision == "auto" else (wanted.precision,)
    reference = Asker(network, description, device=device)
    faces = made_faces(description, wanted.batch)
    (expected,) = reference([faces])
    ready: list[tuple[str, Precision, Asker]] = []
    left_out: list[LeftOut] = []
    for name in names:
        runtime = look_up(RUNTIMES, name, "runtime")
        for precision in precisions:
            try:
                asker = _prepared(runtime, precision, reference, wanted)
                _check(asker, faces, expected, TOLERANCE[precision])
            except AffectError as error:
                left_out.append(LeftOut(name, precision, str(error)))
            except Exception as error:  # noqa: BLE001 - whatever a compiler raises, the others can be had
                left_out.append(LeftOut(name, precision, f"{type(error).__name__}: {str(error)[:200]}"))
            else:
                ready.append((name, precision, asker))
    if not ready:
        reasons = "\n  ".join(f"{one.runtime} in {one.precision}: {one.reason}" for one in left_out)
        raise AffectError(f"the model cannot be computed as asked; set another runtime or precision:\n  {reasons}")
    timings: tuple[Timing, ...] = ()
    if len(ready) > 1:
        each = [rows(faces, count) for count in dict.fromkeys((1, wanted.batch))]
        medians = measure([asker for _, _, asker in ready], each, wanted.seconds)
        by_product = sorted(zip(ready, medians, strict=True), key=lambda one: math.prod(one[1].values()))
        timings = tuple(Timing(name, precision, took) for (name, precision, _), took in by_product)
        ready = [one for one, _ in by_product]
    name, precision, fastest = ready[0]
    return Choice(name, precision, fastest.frames, timings, tuple(left_out))


def measure(askers: Sequence[Asker], batches: Sequence[Sequence[Stretch]], seconds: float) -> list[dict[int, float]]:
    """Median milliseconds of each of ``askers`` for each of ``batches``, by their length, in alternating rounds.

    At most ROUNDS, of which none begins after ``seconds``. All askers have been asked before. What one thread computes
    on the CPU is measured in its processor time, else time is as it passes.
    """
    # Replicas start together and beside other work; what one waits for another says nothing of a runtime.
    alone = torch.get_num_threads() == 1 and all(asker.device.type == "cpu" for asker in askers)
    clock = time.thread_time if alone else time.perf_counter
    took: list[list[list[float]]] = [[[] for _ in batches] for _ in askers]
    deadline = time.perf_counter() + seconds
    for _ in range(ROUNDS):
        for asker, its in zip(askers, took, strict=True):
            for batch, times in zip(batches, its, strict=True):
                began = clock()
                asker(batch)
                times.append(clock() - began)
        if time.perf_counter() > deadline:
            break
    return [
        {len(batch): 1e3 * statistics.median(times) for batch, times in zip(batches, its, strict=True)} for its in took
    ]


def made_faces(description: ModelDescription, count: int) -> Stretch:
    """Consecutive frames of the form that the network takes: smooth shades under noise, others in each."""
    spec, rng = description.network, np.random.default_rng(0)
    side = spec.input_size

    def picture(*channels: int) -> NDArray[np.uint8]:
        coarse = rng.uniform(0, 255, (5, 5, *channels)).astype(np.float32)
        shades = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
        made: NDArray[np.uint8] = np.clip(shades + rng.normal(0, 10, shades.shape), 0, 255).astype(np.uint8)
        return made

    inputs: dict[str, NDArray[Any]] = {}
    if "image" in spec.streams:
        inputs["image"] = np.stack([picture(3) for _ in range(count)])
    if "sound" in spec.streams:
        inputs["sound"] = np.stack([picture() for _ in range(count)])
    if spec.landmarks:
        inputs["landmarks"] = rng.uniform(0, side, (count, LANDMARK_VALUES)).astype(np.float32)
    return Stretch(inputs)


def rows(faces: Stretch, count: int) -> list[Stretch]:
    """The first ``count`` frames, each a stretch of its own, as faces of a picture or of live streams are."""
    return [Stretch({name: values[row : row + 1] for name, values in faces.inputs.items()}) for row in range(count)]


def _prepared(runtime: Runtime, precision: Precision, reference: Asker, wanted: Wanted) -> Asker:
    if wanted.runtime == "auto" and runtime.preparation_s > wanted.seconds:
        raise AffectError(
            f"preparing it takes about {runtime.preparation_s:g} s, and measuring may take {wanted.seconds:g} s"
        )
    frames = runtime.prepare(reference.network, precision)
    return Asker(reference.network, reference.description, device=reference.device, frames=frames)


def _check(asker: Asker, faces: Stretch, expected: Answered, tolerance: float) -> None:
    """All frames as one stretch, so that what is remembered counts; and one by itself, as graphs may differ by size."""
    (together,), (alone,) = asker([faces]), asker(rows(faces, 1))
    for output, values in expected.outputs.items():
        scale = float(np.abs(values).max()) if output == "embedding" else 1.0
        for said in (together.outputs[output], alone.outputs[output]):
            off = float(np.abs(said - values[: len(said)]).max()) / scale
            if not off <= tolerance:  # nor where it is not a number
                raise AffectError(f"its {output} differs from torch's in float32 by {off:.2g}, more than {tolerance:g}")
