"""From the encoded pictures and labels of a step to tensors, with random changes that do not depend on the workers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.faces.mirrored import MIRRORED
from affect.labels import ACTION_UNITS, EXPRESSIONS
from affect.media.pictures import decode_picture
from affect.networks.inputs import LANDMARK_VALUES
from affect.training.plan import Phase
from affect.training.settings import Augmentation

DRAWS = 11
"""Random numbers for the changes of a picture."""


@dataclass(frozen=True)
class Step:
    """One worker's part of a step.

    ``inputs`` are those of Network.forward, but that pictures are uint8, "image" (N, S, S, 3) and "sound" (N, S, S),
    and landmarks in pixels. ``targets`` are as the objectives take them.
    """

    phase: Phase
    epoch: int
    step: int
    total: int
    closes: bool
    rows: int
    """Of this worker; ``total`` of all."""
    inputs: dict[str, torch.Tensor]
    targets: dict[str, torch.Tensor]
    groups: NDArray[np.int32]
    """The row group of each row, as in LabelIndex.groups."""


class Collate:
    """Decodes a row of reading.STEPS for a network that ``takes`` pictures of ``size``, and changes faces at random.

    The changes are drawn from (seed, epoch, step, place in the global batch), once for all frames of a sequence.
    """

    def __init__(self, size: int, takes: Sequence[str], augmentation: Augmentation, seed: int) -> None:
        self.size = size
        self.takes = takes
        self.augmentation = augmentation
        self.seed = seed

    def __call__(self, table: pa.Table) -> Step:
        row = {name: table[name][0] for name in table.column_names}
        phase, epoch, step = row["phase"].as_py(), row["epoch"].as_py(), row["step"].as_py()
        position = _array(row["position"])
        arrays: dict[str, NDArray[Any]] = {}
        if "image" in self.takes:
            arrays["image"] = self._faces(row["image"].values)
        if "sound" in self.takes:
            arrays["sound"] = self._sounds(row["sound"].values)
        if "landmarks" in self.takes:
            arrays["landmarks"] = _array(row["landmarks"]).reshape(-1, 68, 2)
        if "lengths" in self.takes:
            arrays["lengths"] = _array(row["lengths"])
        if phase == "train" and len(position) and "image" in arrays:
            draws = np.random.default_rng([self.seed, epoch, step]).random((row["total"].as_py(), DRAWS))[position]
            if "lengths" in arrays:
                draws = draws[_firsts(arrays["lengths"])]
            augment(arrays["image"], draws, self.augmentation, arrays.get("landmarks"))
        if "landmarks" in arrays:
            arrays["landmarks"] = arrays["landmarks"].reshape(-1, LANDMARK_VALUES)
        return Step(
            phase=phase,
            epoch=epoch,
            step=step,
            total=row["total"].as_py(),
            closes=row["closes"].as_py(),
            rows=len(position),
            inputs={name: torch.from_numpy(array) for name, array in arrays.items()},
            targets={
                "valence_arousal": torch.from_numpy(_array(row["valence_arousal"]).reshape(-1, 2)),
                "expression": torch.from_numpy(_array(row["expression"])),
                "action_units": torch.from_numpy(_array(row["action_units"]).reshape(-1, len(ACTION_UNITS))),
                "compound": torch.from_numpy(_array(row["compound"])),
                "identity": torch.from_numpy(_array(row["identity"])),
                "votes": torch.from_numpy(_array(row["votes"]).reshape(-1, len(EXPRESSIONS))),
            },
            groups=_array(row["group"]),
        )

    def _faces(self, encoded: pa.Array) -> NDArray[np.uint8]:
        images = np.empty((len(encoded), self.size, self.size, 3), np.uint8)
        for number, picture in enumerate(encoded):
            decoded = decode_picture(picture.as_buffer())
            if decoded.shape != images.shape[1:]:
                raise AffectError(
                    f"the rows hold crops of {decoded.shape[1]}x{decoded.shape[0]}, the network takes "
                    f"{self.size}x{self.size}; preprocess with --set alignment.size={self.size}"
                )
            images[number] = decoded
        return images

    def _sounds(self, pictures: pa.Array) -> NDArray[np.uint8]:
        values = [np.frombuffer(picture.as_buffer(), np.uint8) for picture in pictures]
        if values and len(values[0]) != self.size**2:
            side = math.isqrt(len(values[0]))
            raise AffectError(
                f"the rows hold {side} columns of sound, the network takes {self.size}; preprocess with --set "
                f"sound.columns={self.size}"
            )
        return np.array(values, np.uint8).reshape(-1, self.size, self.size)


def augment(
    images: NDArray[np.uint8],
    draws: NDArray[np.float64],
    settings: Augmentation,
    landmarks: NDArray[np.float32] | None = None,
) -> None:
    """Change ``images`` (n, S, S, 3) in place, and ``landmarks`` (n, 68, 2) with them.

    ``draws`` (n, DRAWS) in [0, 1) decide how.
    """
    size = images.shape[1]
    centre = (size - 1) / 2
    moves = settings.shift or settings.scale or settings.rotation
    for number, (image, draw) in enumerate(zip(images, draws, strict=True)):
        flip, right, down, larger, turn, contrast, brightness, *rectangle = draw
        if settings.flip and flip < 0.5:
            image[:] = image[:, ::-1].copy()
            if landmarks is not None:
                landmarks[number] = (landmarks[number] * [-1, 1] + [size - 1, 0])[MIRRORED]
        if moves:
            matrix = cv2.getRotationMatrix2D(
                (centre, centre), settings.rotation * (2 * turn - 1), 1 + settings.scale * (2 * larger - 1)
            )
            matrix[:, 2] += settings.shift * size * (2 * np.array([right, down]) - 1)
            image[:] = cv2.warpAffine(image, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE)
            if landmarks is not None:
                landmarks[number] = landmarks[number] @ matrix[:, :2].T + matrix[:, 2]
        if settings.light:
            gain = 1 + settings.light * (2 * contrast - 1)
            offset = 255 * settings.light * (brightness - 0.5)
            levels = np.clip((np.arange(256) - 127.5) * gain + 127.5 + offset, 0, 255).astype(np.uint8)
            image[:] = levels[image]
        if settings.erase:
            _erase(image, rectangle, settings.erase)


def _erase(image: NDArray[np.uint8], draws: Sequence[float], most: float) -> None:
    """Cover a rectangle of ``image`` with grey; one may reach over the edge, so that less of it is seen."""
    share, shape, x, y = draws
    size = len(image)
    stretched = 3 ** (shape - 0.5)  # height to width from 1 : 3 to 3 : 1, by the square of this
    height, width = (max(1, round(size * math.sqrt(share * most) * by)) for by in (stretched, 1 / stretched))
    top, left = (round(place * size - side / 2) for place, side in ((y, height), (x, width)))
    image[max(0, top) : max(0, top + height), max(0, left) : max(0, left + width)] = 128


def _array(scalar: Any) -> NDArray[Any]:
    return np.array(scalar.values.to_numpy(zero_copy_only=False))


def _firsts(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each row of sequences of ``lengths``, where its sequence begins."""
    return np.repeat(np.cumsum(lengths) - lengths, lengths)
