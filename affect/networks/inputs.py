"""From what is stored to what networks take."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affect.errors import AffectError
from affect.networks.spec import NetworkSpec

LANDMARK_VALUES = 2 * 68


def to_input(pictures: Tensor | NDArray[np.uint8]) -> Tensor:
    """Pictures uint8 (B, H, W, 3) as float32 (B, 3, H, W) in [-1, 1] (BMVC 2019, section 3), in channels-last memory.

    On the device of ``pictures``, so that bytes, not floats, travel to it. Raises AffectError for any other form.
    """
    pictures = torch.as_tensor(pictures)
    if pictures.dtype != torch.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
        raise AffectError(f"pictures must be uint8 (B, H, W, 3), not {pictures.dtype} {tuple(pictures.shape)}")
    return pictures.permute(0, 3, 1, 2).float().sub_(127.5).div_(127.5)


def to_sound_input(pictures: Tensor | NDArray[np.uint8]) -> Tensor:
    """Pictures of sound uint8 (B, H, W), of media.sound.frame_picture, as three equal channels like those of faces."""
    pictures = torch.as_tensor(pictures)
    return to_input(pictures[..., None].expand(-1, -1, -1, 3).contiguous())


def to_landmarks(landmarks: Tensor, size: int) -> Tensor:
    """68 landmarks, (B, 136) x and y in pixels of a crop of ``size``, with -1 and 1 at its edges.

    The papers do not say in which units landmarks join the features; these are those of the crop they belong to, at
    the scale of the pictures.
    """
    return landmarks.float() * (2 / size) - 1


def to_device(inputs: Mapping[str, Tensor], spec: NetworkSpec, device: torch.device) -> dict[str, Tensor]:
    """What Network.forward takes from a step's inputs: bytes travel to ``device``, floats are made there.

    "lengths" stay on the CPU, where they are needed.
    """
    moved = {
        name: tensor if name == "lengths" else tensor.to(device, non_blocking=True) for name, tensor in inputs.items()
    }
    convert = {"image": to_input, "sound": to_sound_input}
    moved |= {name: convert[name](moved[name]) for name in spec.streams}
    if "landmarks" in moved:
        moved["landmarks"] = to_landmarks(moved["landmarks"], spec.input_size)
    return moved
