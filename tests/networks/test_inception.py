"""The blocks of the Inception-ResNets written out with plain convolutions."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from affect.networks import NetworkSpec
from affect.networks.inception import Filter, Residual, reduction

SPEC = NetworkSpec(encoder="inception-resnet-v1")


def settled(block: torch.nn.Module) -> dict[str, Tensor]:
    """The weights of ``block``, in eval mode, after its batch norms were given something to do."""
    torch.manual_seed(0)
    for name, value in block.eval().state_dict().items():
        if ".bn." in name and value.is_floating_point():
            value.uniform_(0.5, 1.5)
    return block.state_dict()


def convolved(
    features: Tensor, weights: dict[str, Tensor], name: str, stride: int = 1, padding: tuple[int, int] = (0, 0)
) -> Tensor:
    features = functional.conv2d(features, weights[f"{name}.conv.weight"], stride=stride, padding=padding)
    mean, variance, scale, shift = (
        weights[f"{name}.bn.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
    )
    return ((features - mean) / torch.sqrt(variance + 0.001) * scale + shift).relu()


@pytest.mark.parametrize("activated", [True, False])
def test_residual(activated: bool) -> None:
    branches = ((Filter(8),), (Filter(4), Filter(12, (1, 7)), Filter(8, (7, 1))))
    block = Residual(24, branches, SPEC, 0.1, activated=activated)
    weights = settled(block)
    features = torch.randn(2, 24, 5, 6)
    with torch.inference_mode():
        wide = convolved(convolved(features, weights, "branch1.0"), weights, "branch1.1", padding=(0, 3))
        tall = convolved(wide, weights, "branch1.2", padding=(3, 0))
        joined = torch.cat([convolved(features, weights, "branch0"), tall], dim=1)
        up = functional.conv2d(joined, weights["conv2d.weight"], weights["conv2d.bias"])
        expected = features + 0.1 * up
        assert (expected < 0).any()
        torch.testing.assert_close(block(features.clone()), expected.relu() if activated else expected)


def test_reduction() -> None:
    block = reduction(8, ((Filter(12, 3, 2),), (Filter(4), Filter(8, 3), Filter(16, 3, 2))), SPEC)
    weights = settled(block)
    features = torch.randn(2, 8, 8, 8)
    with torch.inference_mode():
        inner = convolved(convolved(features, weights, "branch1.0"), weights, "branch1.1", padding=(1, 1))
        expected = [
            convolved(features, weights, "branch0", stride=2),
            convolved(inner, weights, "branch1.2", stride=2),
            functional.max_pool2d(features, 3, 2),
        ]
        torch.testing.assert_close(block(features), torch.cat(expected, dim=1))
    assert block.channels == 12 + 16 + 8
