"""Synchronised batch norm on one worker; several workers are in tests/objectives/test_world.py."""

import torch

from affect.networks import ArcFace, NetworkSpec, build
from affect.networks.batchnorm import SyncBatchNorm, _global_moments, synchronise


def test_one_worker_is_torch() -> None:
    torch.manual_seed(0)
    reference, ours = torch.nn.BatchNorm2d(3), SyncBatchNorm(3)
    for _ in range(3):
        features = torch.randn(4, 3, 5, 6) * 2 + 1
        torch.testing.assert_close(ours(features), reference(features))
    torch.testing.assert_close(ours.state_dict(), reference.state_dict())
    torch.testing.assert_close(ours.eval()(features), reference.eval()(features))


def test_moments_survive_a_large_mean() -> None:
    torch.manual_seed(0)
    features = torch.randn(64, 2, 3, 3).double() + 1000
    mean, variance, count = _global_moments(features.float())
    expected = features.float().double()
    torch.testing.assert_close(mean, expected.mean((0, 2, 3)), rtol=1e-7, atol=0)
    torch.testing.assert_close(variance, expected.var((0, 2, 3), correction=0), rtol=1e-5, atol=0)
    assert count == 64 * 9


def test_synchronise_keeps_names_and_weights() -> None:
    spec = NetworkSpec(encoder="arc-res", input_size=32, width=0.125, embedding=16, arcface=ArcFace())
    network = build(spec).eval()
    torch.nn.init.normal_(network.get_parameter("streams.image.embedding.2.weight"))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    synchronise(network)
    torch.testing.assert_close(dict(network.state_dict()), before)
    norms = [module for module in network.modules() if isinstance(module, torch.nn.modules.batchnorm._BatchNorm)]
    assert len(norms) == 21
    assert all(isinstance(norm, SyncBatchNorm) and not norm.training for norm in norms)
