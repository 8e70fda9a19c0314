"""From the encoded pictures and labels of a step to tensors, with random changes that do not depend on the workers."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.labels import ACTION_UNITS
from affect.media.pictures import decode_picture
from affect.training.plan import Phase
from affect.training.settings import Augmentation


@dataclass(frozen=True)
class Step:
    """One worker's part of a step. ``images`` uint8 (B, S, S, 3); ``targets`` as the objectives take them."""

    phase: Phase
    epoch: int
    step: int
    total: int
    closes: bool
    images: torch.Tensor
    targets: dict[str, torch.Tensor]


class Collate:
    """Decodes a row of reading.STEPS, and changes training pictures at random.

    The changes of a row are drawn from (seed, epoch, step, its place in the global batch).
    """

    def __init__(self, size: int, augmentation: Augmentation, seed: int) -> None:
        self.size = size
        self.augmentation = augmentation
        self.seed = seed

    def __call__(self, table: pa.Table) -> Step:
        row = {name: table[name][0] for name in table.column_names}
        phase, epoch, step = row["phase"].as_py(), row["epoch"].as_py(), row["step"].as_py()
        encoded = row["image"].values
        images = np.empty((len(encoded), self.size, self.size, 3), np.uint8)
        for number, picture in enumerate(encoded):
            decoded = decode_picture(picture.as_buffer())
            if decoded.shape != images.shape[1:]:
                raise AffectError(
                    f"the rows hold crops of {decoded.shape[1]}x{decoded.shape[0]}, the network takes "
                    f"{self.size}x{self.size}; preprocess with --set alignment.size={self.size}"
                )
            images[number] = decoded
        if phase == "train" and len(images):
            draws = np.random.default_rng([self.seed, epoch, step]).random((row["total"].as_py(), 7))
            augment(images, draws[_array(row["position"])], self.augmentation)
        units = _array(row["action_units"]).reshape(-1, len(ACTION_UNITS))
        return Step(
            phase=phase,
            epoch=epoch,
            step=step,
            total=row["total"].as_py(),
            closes=row["closes"].as_py(),
            images=torch.from_numpy(images),
            targets={
                "valence_arousal": torch.from_numpy(_array(row["valence_arousal"]).reshape(-1, 2)),
                "expression": torch.from_numpy(_array(row["expression"])),
                "action_units": torch.from_numpy(units),
            },
        )


def augment(images: NDArray[np.uint8], draws: NDArray[np.float64], settings: Augmentation) -> None:
    """Change ``images`` (n, S, S, 3) in place by ``draws`` (n, 7), uniform in [0, 1)."""
    size = images.shape[1]
    centre = (size - 1) / 2
    moves = settings.shift or settings.scale or settings.rotation
    for image, draw in zip(images, draws, strict=True):
        flip, right, down, larger, turn, contrast, brightness = draw
        if settings.flip and flip < 0.5:
            image[:] = image[:, ::-1].copy()
        if moves:
            matrix = cv2.getRotationMatrix2D(
                (centre, centre), settings.rotation * (2 * turn - 1), 1 + settings.scale * (2 * larger - 1)
            )
            matrix[:, 2] += settings.shift * size * (2 * np.array([right, down]) - 1)
            image[:] = cv2.warpAffine(image, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE)
        if settings.light:
            gain = 1 + settings.light * (2 * contrast - 1)
            offset = 255 * settings.light * (brightness - 0.5)
            levels = np.clip((np.arange(256) - 127.5) * gain + 127.5 + offset, 0, 255).astype(np.uint8)
            image[:] = levels[image]


def _array(scalar: Any) -> NDArray[Any]:
    return np.array(scalar.values.to_numpy(zero_copy_only=False))
