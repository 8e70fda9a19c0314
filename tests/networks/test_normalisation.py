"""What encoders see of a picture."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from affect.networks.normalisation import NORMALISATIONS, normalise


class Normalising(nn.Module):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.normalisation = NORMALISATIONS[name]

    def forward(self, images: Tensor) -> Tensor:
        return normalise(images, self.normalisation) + 0


@pytest.mark.parametrize("name", NORMALISATIONS)
def test_pixels_in_the_encoders_order_and_range(name: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 3, 8, 8))
    order, mean, scale = NORMALISATIONS[name]
    mean, scale = (np.reshape(values, (3, 1, 1)) for values in (mean, scale))
    expected = ((pixels if order == "rgb" else pixels[:, ::-1]) - mean) / scale
    images = torch.from_numpy(pixels.astype(np.float32) / 127.5 - 1)
    np.testing.assert_allclose(normalise(images, NORMALISATIONS[name]), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", NORMALISATIONS)
def test_it_exports(name: str) -> None:
    images = torch.randn(2, 3, 8, 8)
    module = Normalising(name)
    torch.testing.assert_close(torch.export.export(module, (images,)).module()(images), module(images))


def test_unit_is_what_networks_are_given_and_costs_nothing() -> None:
    images = torch.randn(1, 3, 4, 4)
    assert normalise(images, NORMALISATIONS["unit"]) is images


def test_memory_stays_channels_last() -> None:
    images = torch.randn(2, 3, 8, 8).contiguous(memory_format=torch.channels_last)
    assert normalise(images, NORMALISATIONS["vgg-face"]).is_contiguous(memory_format=torch.channels_last)
