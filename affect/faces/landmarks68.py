"""68 landmarks of a face, by the small network of face-api (face_landmark_68_model; MIT, see landmarks68.NOTICE).

Its weights were converted once by convert_landmarks68 and are shipped beside this file.
"""

import itertools
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn

from affect.faces.alignment import TEMPLATES, similarity, warp

WEIGHTS = Path(__file__).with_name("landmarks68.safetensors")

SIDE = 112

MEAN = (122.782, 117.001, 104.298)

TEMPLATE = TEMPLATES["arcface"] * SIDE - [0, 18]
"""Where the five landmarks are put for the network, in pixels. Of the places tried on real clips the one at which the
answer changed least when the crop was moved a little; it leaves room for the chin."""

LOWERED = 0.04
"""How far below the middle of a box, in heights of the box, its crop is centred; chosen in the same way."""


class Landmarks68:
    """Finds 68 landmarks in iBUG's order. They are good on faces seen from the front and drift on strong profiles."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self._network = Network68()
        self._network.load_state_dict(load_file(WEIGHTS))
        self._network.eval().to(device)

    def __call__(self, picture: NDArray[np.uint8], face: NDArray[np.floating]) -> NDArray[np.float32]:
        """The landmarks (68, 2), x and y in pixels of the RGB ``picture`` (height, width, 3).

        ``face`` is its five landmarks (5, 2), by which the face is turned upright, or its box (4,). Raises AffectError
        when the landmarks coincide.
        """
        matrix = _around_box(face) if face.shape == (4,) else similarity(face, TEMPLATE)
        crop = torch.from_numpy(warp(picture, matrix, SIDE)).to(self.device)
        with torch.inference_mode():
            places = self._network(crop.permute(2, 0, 1)[None].float())[0].double().cpu().numpy() * SIDE
        found: NDArray[np.float64] = (places - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
        return found.astype(np.float32)


def _around_box(box: NDArray[np.floating]) -> NDArray[np.float64]:
    x, y, width, height = box.tolist()
    scale = SIDE / max(width, height)
    middle = np.array([x + width / 2, y + height / 2 + LOWERED * height])
    return np.column_stack([np.eye(2) * scale, SIDE / 2 - middle * scale])


class Separable(nn.Module):
    """A convolution of each channel by itself, then one over channels."""

    def __init__(self, channels: int, out: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.depthwise = nn.Conv2d(channels, channels, 3, stride, groups=channels, bias=False)
        self.pointwise = nn.Conv2d(channels, out, 1)

    def forward(self, maps: Tensor) -> Tensor:
        answer: Tensor = self.pointwise(self.depthwise(_same(maps, self.stride)))
        return answer


class First(nn.Conv2d):
    """The first convolution: full, with stride 2."""

    def forward(self, maps: Tensor) -> Tensor:
        return super().forward(_same(maps, 2))


class Block(nn.Module):
    """Four convolutions, each of which sees the sum of all before it; the first halves the maps."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        first = First(channels, out, 3, 2) if channels == 3 else Separable(channels, out, 2)
        self.convolutions = nn.ModuleList([first, *(Separable(out, out, 1) for _ in range(3))])

    def forward(self, maps: Tensor) -> Tensor:
        first, *others = self.convolutions
        total = torch.relu(first(maps))
        seen = total
        for convolution in others:
            total = total + convolution(seen)
            seen = torch.relu(total)
        return seen


class Network68(nn.Module):
    """Pictures (n, 3, 112, 112), RGB in [0, 255], to places (n, 68, 2), x and y in parts of the picture's side."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 32, 64, 128, 256)
        self.blocks = nn.Sequential(*(Block(*pair) for pair in itertools.pairwise(widths)))
        self.answer = nn.Linear(256, 136)
        self.mean: Tensor
        self.register_buffer("mean", torch.tensor(MEAN).reshape(3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.blocks((pictures - self.mean) / 255)
        answer: Tensor = self.answer(maps.mean(dim=(2, 3)))
        return answer.reshape(-1, 68, 2)


def _same(maps: Tensor, stride: int) -> Tensor:
    """TensorFlow's "same" for a 3 by 3 kernel: of an even side halved, the one pixel of padding comes last."""
    before = 1 if stride == 1 or maps.shape[-1] % 2 else 0
    return nn.functional.pad(maps, (before, 1, before, 1))
