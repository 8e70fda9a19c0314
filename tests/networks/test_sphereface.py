"""SphereFace-20 against hand arithmetic and a transcription of its four stages."""

import torch
from torch import Tensor
from torch.nn import functional

from affect.networks import NetworkSpec, build
from affect.networks.sphereface import sphereface_20


def test_parameters() -> None:
    # Convolutions have a bias and PReLU one parameter for each channel.
    opening = sum(9 * before * after + 2 * after for before, after in [(3, 64), (64, 128), (128, 256), (256, 512)])
    units = sum(count * 2 * (9 * c * c + 2 * c) for c, count in [(64, 1), (128, 2), (256, 4), (512, 1)])
    fc5 = 6 * 6 * 512 * 512 + 512
    with torch.device("meta"):
        network = build(NetworkSpec(encoder="sphereface-20", embedding=512, embedding_norm=False))
        encoder = sphereface_20(network.spec)
    assert sum(parameter.numel() for parameter in encoder.parameters()) == opening + units == 11_660_096
    heads = sum(parameter.numel() for parameter in network.heads.parameters())
    assert sum(parameter.numel() for parameter in network.parameters()) - heads == opening + units + fc5


def test_same_function_as_the_reference_written_out() -> None:
    torch.manual_seed(0)
    encoder = sphereface_20(NetworkSpec(encoder="sphereface-20", input_size=50, width=0.125))
    weights = encoder.layers.state_dict()

    def f(features: Tensor, place: str, stride: int = 1) -> Tensor:
        kernel, bias = weights[f"conv{place}.weight"], weights[f"conv{place}.bias"]
        features = functional.conv2d(features, kernel, bias, stride, padding=1)
        return functional.prelu(features, weights[f"relu{place}.weight"])

    for name, value in weights.items():
        if name.startswith("relu"):
            value.uniform_(0.1, 0.9)
    images = torch.rand(2, 3, 50, 50) * 2 - 1
    with torch.inference_mode():
        x = f(images, "1_1", 2)
        x = x + f(f(x, "1_2"), "1_3")
        x = f(x, "2_1", 2)
        x = x + f(f(x, "2_2"), "2_3")
        x = x + f(f(x, "2_4"), "2_5")
        x = f(x, "3_1", 2)
        x = x + f(f(x, "3_2"), "3_3")
        x = x + f(f(x, "3_4"), "3_5")
        x = x + f(f(x, "3_6"), "3_7")
        x = x + f(f(x, "3_8"), "3_9")
        x = f(x, "4_1", 2)
        x = x + f(f(x, "4_2"), "4_3")
        torch.testing.assert_close(encoder(images), x)
