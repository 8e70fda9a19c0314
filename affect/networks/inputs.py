"""From pictures as stored to what networks take."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from affect.errors import AffectError


def to_input(pictures: Tensor | NDArray[np.uint8]) -> Tensor:
    """Pictures uint8 (B, H, W, 3) as float32 (B, 3, H, W) in [-1, 1] (BMVC 2019, section 3), in channels-last memory.

    On the device of ``pictures``, so that bytes, not floats, travel to it. Raises AffectError for any other form.
    """
    pictures = torch.as_tensor(pictures)
    if pictures.dtype != torch.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
        raise AffectError(f"pictures must be uint8 (B, H, W, 3), not {pictures.dtype} {tuple(pictures.shape)}")
    return pictures.permute(0, 3, 1, 2).float().sub_(127.5).div_(127.5)
