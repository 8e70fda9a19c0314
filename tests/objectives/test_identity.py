"""Softmax over people against torch's own; who is unknown does not count."""

import pytest
import torch
from torch.nn import functional

from affect.networks.spec import NetworkSpec
from affect.objectives import MultiTask
from affect.objectives.settings import ObjectiveSettings


def test_loss_is_that_of_the_known_people() -> None:
    spec = NetworkSpec(encoder="arc-res", heads=("identity",), identities=("a", "b", "c"))
    logits = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    people = torch.tensor([0, -1, 2, 1, -1])
    loss, parts = MultiTask(ObjectiveSettings(identity_weight=2.0), spec)({"identity": logits}, {"identity": people})
    known = functional.cross_entropy(logits[people >= 0].double(), people[people >= 0])
    assert parts["identity_loss"].item() == pytest.approx(known.item())
    assert loss.item() == pytest.approx(2 * known.item())
    loss.backward()
    assert not logits.grad[people < 0].any()
