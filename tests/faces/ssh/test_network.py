"""SSH's networks: layers counted by hand, the order of the outputs, pictures of any size."""

import pytest
import torch
from torch.nn.functional import interpolate

from affect.faces.ssh.network import CONV4_3, CONV5_3, SSH, _enlarged, anchors_for
from affect.faces.ssh.spec import SSHSpec
from affect.networks import NetworkSpec
from affect.networks.size import measure

ANCHORS = (60 * 80 + 30 * 40 + 15 * 20) * 2
"""Of a picture of 480 by 640."""


def convolution(channels: int, units: int, side: int = 3) -> int:
    return channels * units * side**2 + units


def normed(channels: int, units: int, side: int = 3) -> int:
    """The batch norm's scale and shift in place of the bias."""
    return channels * units * side**2 + 2 * units


def module(channels: int, units: int, layer: object, told: int) -> int:
    """A detection module and its 1x1 convolutions, which tell ``told`` numbers a place."""
    half = units // 2
    return (
        layer(channels, units) + layer(channels, half) + 3 * layer(half, half) + convolution(2 * units, told, 1)  # type: ignore[operator]
    )


VGG = sum(
    convolution(*pair)
    for pair in [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256), (256, 512)]
    + [(512, 512)] * 5
)
ORIGINAL = VGG + 2 * convolution(512, 128, 1) + convolution(128, 128)
ORIGINAL += module(128, 128, convolution, 4 + 8) + 2 * module(512, 256, convolution, 4 + 8)
WITH_LANDMARKS = measure(NetworkSpec(encoder="resnet-50", fully_connected=(), heads=("expression",))).parameters
WITH_LANDMARKS -= 7 * (2048 * 9 + 1)  # the expression head, on the 3x3 map of 96 pixels
WITH_LANDMARKS += normed(512, 256, 1) + normed(1024, 256, 1) + normed(256, 256)
WITH_LANDMARKS += sum(module(channels, 256, normed, 4 + 8 + 20) for channels in (256, 1024, 2048))


@pytest.mark.parametrize(
    ("spec", "parameters"),
    [(SSHSpec(), WITH_LANDMARKS), (SSHSpec(backbone="vgg-16", landmarks=False), ORIGINAL)],
    ids=["resnet-50", "vgg-16"],
)
def test_full_size(spec: SSHSpec, parameters: int) -> None:
    with torch.device("meta"):
        network = SSH(spec)
        outputs = network(torch.empty(2, 3, 480, 640))
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters
    widths = {"scores": 2, "boxes": 4} | ({"landmarks": 10} if spec.landmarks else {})
    assert {name: tuple(output.shape) for name, output in outputs.items()} == {
        name: (2, ANCHORS, width) for name, width in widths.items()
    }
    assert len(anchors_for(480, 640)) == ANCHORS


@pytest.mark.parametrize("spec", [SSHSpec(width=0.03), SSHSpec(backbone="vgg-16", landmarks=False, width=0.03)])
@pytest.mark.parametrize("size", [(1, 1), (33, 250), (97, 61)])
def test_any_size(spec: SSHSpec, size: tuple[int, int]) -> None:
    outputs = SSH(spec).eval()(torch.zeros(1, 3, *size))
    assert outputs["scores"].shape[1] == len(anchors_for(*size))


@pytest.mark.parametrize("backbone", ["resnet-50", "vgg-16"])
def test_outputs_stand_in_the_order_of_the_anchors(backbone: str) -> None:
    """What one place of one map tells comes out beside the anchors of that place."""
    network = SSH(SSHSpec.parse({"backbone": backbone, "width": 0.03})).eval()
    maps: list[torch.Tensor] = []
    for head in network.heads:
        head.module.register_forward_hook(lambda _module, _given, seen: maps.append(seen))
    picture = torch.randint(256, (1, 3, 40, 72)).float()
    outputs = network(picture)
    row, column, first = 1, 3, 5 * 9 * 2  # of the second map, 3 by 5, after the first's 5 by 9
    seen = maps[1][0, :, row, column]
    place = first + (row * 5 + column) * 2
    assert torch.allclose(
        anchors_for(40, 72)[place].view(2, 2).mean(0), torch.tensor([column * 16 + 8.0, row * 16 + 8.0])
    )
    head = network.heads[1]
    scores, boxes, points = (getattr(head, name).weight[:, :, 0, 0] @ seen for name in ("scores", "boxes", "landmarks"))
    for anchor in (0, 1):
        torch.testing.assert_close(
            outputs["scores"][0, place + anchor], torch.stack([scores[anchor], scores[2 + anchor]])
        )
        torch.testing.assert_close(outputs["boxes"][0, place + anchor], boxes[4 * anchor : 4 * anchor + 4])
        torch.testing.assert_close(outputs["landmarks"][0, place + anchor], points[10 * anchor : 10 * anchor + 10])


def test_modules_stand_on_the_maps_that_the_authors_name() -> None:
    """conv4_3 and conv5_3 end in rectifiers whose channels and strides are known; a pool stands between them."""
    maps = SSH(SSHSpec(backbone="vgg-16", landmarks=False, width=0.03)).maps
    kinds = [type(layer).__name__ for layer in [*maps.to_conv4, *maps.to_conv5]]
    assert [kinds[:CONV4_3].count(kind) for kind in ("Conv2d", "MaxPool2d")] == [10, 3]
    assert [kinds.count(kind) for kind in ("Conv2d", "MaxPool2d")] == [13, 4]
    assert (kinds[CONV4_3 - 1], kinds[CONV4_3], kinds[CONV5_3 - 1]) == ("ReLU", "MaxPool2d", "ReLU")


def test_the_fixed_deconvolution_is_bilinear() -> None:
    features = torch.randn(1, 3, 5, 6)
    expected = interpolate(features, scale_factor=2, mode="bilinear")
    torch.testing.assert_close(_enlarged(features)[..., 1:-1, 1:-1], expected[..., 1:-1, 1:-1])
