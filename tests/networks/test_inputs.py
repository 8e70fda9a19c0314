"""From stored pictures to what networks take."""

import numpy as np
import pytest
import torch

from affect.errors import AffectError
from affect.networks.inputs import to_device, to_input, to_sound_input
from affect.networks.spec import NetworkSpec, Recurrent


def test_every_intensity() -> None:
    pictures = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    images = to_input(pictures)
    assert images.shape == (1, 3, 16, 16)
    assert images.dtype == torch.float32
    expected = (np.arange(256) - 127.5) / 127.5
    np.testing.assert_allclose(images[0, 1].flatten(), expected, atol=1e-7)
    assert (images.min(), images.max()) == (-1, 1)


def test_channels_and_places_stay_and_the_input_is_not_changed() -> None:
    pictures = torch.randint(0, 256, (2, 5, 7, 3), dtype=torch.uint8)
    before = pictures.clone()
    images = to_input(pictures)
    torch.testing.assert_close(pictures, before)
    torch.testing.assert_close(images[1, 2, 3, 4], (pictures[1, 3, 4, 2].float() - 127.5) / 127.5)
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_sound_has_three_equal_channels() -> None:
    pictures = torch.randint(0, 256, (2, 5, 7), dtype=torch.uint8)
    images = to_sound_input(pictures)
    assert images.shape == (2, 3, 5, 7)
    for channel in range(3):
        torch.testing.assert_close(images[:, channel], (pictures.float() - 127.5) / 127.5)


@pytest.mark.parametrize(
    "pictures", [np.zeros((1, 8, 8, 3), np.float32), np.zeros((8, 8, 3), np.uint8), np.zeros((1, 3, 8, 8), np.uint8)]
)
def test_other_forms_are_refused(pictures: np.ndarray) -> None:
    with pytest.raises(AffectError, match="uint8"):
        to_input(pictures)


def test_what_a_network_takes_of_a_step() -> None:
    """Each stream as its pictures are read, landmarks in the crop's own units, lengths as they are."""
    spec = NetworkSpec(
        encoder="arc-res",
        input_size=32,
        streams=("image", "sound"),
        landmarks=True,
        fusion=Recurrent(),
        recurrent=Recurrent(),
    )
    generator = torch.Generator().manual_seed(0)
    step = {
        "image": torch.randint(0, 256, (3, 32, 32, 3), dtype=torch.uint8, generator=generator),
        "sound": torch.randint(0, 256, (3, 32, 32), dtype=torch.uint8, generator=generator),
        "landmarks": torch.tensor([0.0, 16, 32]).repeat(46)[: 3 * 46].reshape(3, 46),
        "lengths": torch.tensor([2, 1]),
    }
    made = to_device(step, spec, torch.device("cpu"))
    assert made.keys() == step.keys()
    torch.testing.assert_close(made["image"], to_input(step["image"]))
    torch.testing.assert_close(made["sound"], to_sound_input(step["sound"]))
    assert made["landmarks"][0, :4].tolist() == [-1, 0, 1, -1]
    assert made["lengths"] is step["lengths"]


def test_bytes_travel_and_lengths_stay() -> None:
    """To the device that is named; the meta device stands for one."""
    spec = NetworkSpec(encoder="arc-res", input_size=32, recurrent=Recurrent())
    step = {"image": torch.zeros(3, 32, 32, 3, dtype=torch.uint8), "lengths": torch.tensor([2, 1])}
    made = to_device(step, spec, torch.device("meta"))
    assert (made["image"].device.type, made["image"].dtype) == ("meta", torch.float32)
    assert made["lengths"].device.type == "cpu"
    assert step["image"].dtype == torch.uint8
