"""MT-ArcRes against hand arithmetic and the shapes of its reading."""

import pytest
import torch
from torchvision.models.resnet import BasicBlock

from affect.networks import ArcFace, NetworkSpec, build
from affect.networks.arc_res import ResidualUnit, ResNetUnit, arc_res


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(("size", "side"), [(96, 6), (224, 14), (50, 4)])
def test_map(size: int, side: int) -> None:
    with torch.device("meta"):
        encoder = arc_res(NetworkSpec(encoder="arc-res", input_size=size))
        features = encoder(torch.empty(2, 3, size, size))
    assert features.shape == (2, 512, side, side)
    assert encoder.features == 512 * side**2


@pytest.mark.parametrize(("size", "side"), [(48, 6), (50, 7)])
def test_a_first_stride_of_one_keeps_detail(size: int, side: int) -> None:
    with torch.device("meta"):
        encoder = arc_res(NetworkSpec(encoder="arc-res", input_size=size, first_stride=1))
        features = encoder(torch.empty(2, 3, size, size))
    assert features.shape == (2, 512, side, side)
    assert encoder.side == side


def test_twenty_convolutions() -> None:
    with torch.device("meta"):
        encoder = arc_res(NetworkSpec(encoder="arc-res"))
    convolutions = [layer for layer in encoder.modules() if isinstance(layer, torch.nn.Conv2d)]
    assert len(convolutions) == 20
    assert sum(layer.stride == (2, 2) for layer in convolutions) == 4
    assert sum(isinstance(layer, torch.nn.BatchNorm2d) for layer in encoder.modules()) == 20
    assert sum(isinstance(layer, torch.nn.PReLU) for layer in encoder.modules()) == 20


def test_units_of_resnet() -> None:
    """Its first stage's layers against torchvision's basic block, which is the same unit."""
    spec = NetworkSpec(encoder="arc-res", input_size=32, residual_units=(1, 0, 3, 0), residual_unit="resnet")
    encoder = arc_res(spec).eval()
    layers = list(encoder.layers)
    assert [type(layer).__name__ for layer in layers if not isinstance(layer, torch.nn.Conv2d)].count("ResNetUnit") == 4
    assert not any(isinstance(layer, torch.nn.PReLU) for layer in encoder.modules())
    block = BasicBlock(64, 64).eval()
    torch.manual_seed(0)
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    (unit,) = (layer for layer in layers[:4] if isinstance(layer, ResNetUnit))
    unit.load_state_dict(dict(zip(unit.state_dict(), block.state_dict().values(), strict=True)))
    features = torch.randn(2, 64, 8, 8)
    torch.testing.assert_close(unit(features), block(features))


def test_parameters_of_mt_arcres_at_96_pixels() -> None:
    # Convolutions have no bias; batch norm has 2 and PReLU 1 parameter for each channel.
    stages = sum(9 * before * after + 3 * after for before, after in [(3, 64), (64, 128), (128, 256), (256, 512)])
    units = sum(count * 2 * (9 * c * c + 3 * c) for c, count in [(64, 1), (128, 2), (256, 4), (512, 1)])
    embedding = 6 * 6 * 512 * 512 + 2 * 512
    heads = (512 * 2 + 2) + 512 * 7 + (512 * 8 + 8)
    aus = (1, 2, 4, 6, 12, 15, 20, 25)
    with torch.device("meta"):
        network = build(NetworkSpec(encoder="arc-res", embedding=512, arcface=ArcFace(), action_units=aus))
    assert parameters(network.streams.image.encoder) == stages + units == 11_664_768
    assert parameters(network) == stages + units + embedding + heads == 21_111_690


def test_residual_unit_passes_its_input_on() -> None:
    unit = ResidualUnit(4).eval()
    for parameter in unit.parameters():
        torch.nn.init.zeros_(parameter)
    features = torch.randn(2, 4, 5, 5)
    torch.testing.assert_close(unit(features), features)
