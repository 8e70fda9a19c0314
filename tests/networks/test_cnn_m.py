"""CNN-M against hand arithmetic and Table 4 written out with TensorFlow's padding."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from affect.networks import NetworkSpec
from affect.networks.cnn_m import cnn_m, same
from affect.networks.geometry import Window


def test_parameters() -> None:
    sizes = [(3, 96, 7), (96, 256, 5), (256, 512, 3), (512, 512, 3), (512, 512, 3)]
    expected = sum(before * after * kernel**2 + 3 * after for before, after, kernel in sizes)
    with torch.device("meta"):
        encoder = cnn_m(NetworkSpec(encoder="cnn-m"))
    assert sum(parameter.numel() for parameter in encoder.parameters()) == expected == 6_532_416


@given(st.integers(1, 60), st.integers(1, 7), st.integers(1, 4))
def test_same_centres_the_windows_on_ceil_of_side_by_stride(side: int, kernel: int, stride: int) -> None:
    left, right, above, below = same(side, Window(kernel, stride))
    assert (left, right) == (above, below)
    padded = np.pad(np.ones(side), (left, right))
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel)[::stride] if padded.size >= kernel else []
    assert len(windows) == -(-side // stride)
    assert right - left in {0, 1}
    if left + right:  # no zero more than needed
        assert padded.size == (len(windows) - 1) * stride + kernel


@pytest.mark.parametrize(
    ("size", "convolution", "pool", "last"),
    [(90, (1, 2), (0, 1), 1), (96, (1, 2), (1, 1), 0), (100, (2, 2), (0, 1), 0), (107, (2, 2), (1, 1), 1)],
)
def test_same_function_as_table_4(size: int, convolution: tuple[int, int], pool: tuple[int, int], last: int) -> None:
    torch.manual_seed(0)
    encoder = cnn_m(NetworkSpec(encoder="cnn-m", input_size=size, width=0.125)).eval()
    weights = encoder.layers.state_dict()
    for name, value in weights.items():
        if "norm" in name and value.is_floating_point():
            value.uniform_(0.5, 1.5)

    def convolved(features: Tensor, place: int, stride: int, padding: tuple[int, int]) -> Tensor:
        features = functional.pad(features, padding * 2)
        features = functional.conv2d(features, weights[f"conv{place}.weight"], weights[f"conv{place}.bias"], stride)
        names = ("running_mean", "running_var", "weight", "bias")
        return functional.batch_norm(features, *(weights[f"norm{place}.{name}"] for name in names)).relu()

    images = torch.rand(2, 3, size, size) * 2 - 1
    with torch.inference_mode():
        x = functional.max_pool2d(convolved(images, 1, 2, (0, 0)), 3, 2)
        x = convolved(x, 2, 2, convolution)
        x = functional.max_pool2d(functional.pad(x, pool * 2, value=-torch.inf), 3, 2)
        for place in (3, 4, 5):
            x = convolved(x, place, 1, (1, 1))
        x = functional.max_pool2d(functional.pad(x, (0, last) * 2, value=-torch.inf), 2, 2)
        torch.testing.assert_close(encoder(images), x)
