"""Shares of the classes, and what is expected of the losses by them."""

import math

import numpy as np
import pytest
import torch

from affect.networks.spec import ArcFace
from affect.objectives.arcface import ArcFaceLoss
from affect.objectives.co_annotation import CoAnnotatedExpressions
from affect.objectives.cross_entropy import CrossEntropy
from affect.objectives.soft_labels import SoftLabels

LABELS = torch.tensor([3, 0, -1, 6])
VOTES = torch.tensor([[0, 0, 0, 6, 4, 0, 0], [math.nan] * 7, [10, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 2.0]])


def test_shares_of_label_votes_and_smoothing() -> None:
    shares = SoftLabels(votes=0.5, smoothing=0.07).shares({"expression": LABELS, "votes": VOTES}).numpy()
    spread = 0.01  # 0.07 / 7
    voted = [[spread, spread, spread, 0.93 + spread + 0.6, 0.4 + spread, spread, spread]]
    np.testing.assert_allclose(shares[0], np.array(voted[0]) / 2)
    np.testing.assert_allclose(shares[1], [0.93 + spread, *[spread] * 6])  # nobody voted: all is the label's
    np.testing.assert_allclose(shares[2], 0)  # votes do not make a label
    np.testing.assert_allclose(shares[3][[0, 6]], [(spread + 0.5) / 2, (0.93 + spread + 0.5) / 2])


def test_votes_are_not_needed() -> None:
    shares = SoftLabels(votes=1.0).shares({"expression": torch.tensor([2])})
    np.testing.assert_array_equal(shares, np.eye(7)[[2]])


@pytest.mark.parametrize("arcface", [None, ArcFace(scale=16, margin=0.3)])
def test_a_soft_loss_is_the_mean_of_the_hard_ones_by_the_shares(arcface: ArcFace | None) -> None:
    torch.manual_seed(0)
    outputs = {"expression": torch.rand(4, 7, dtype=torch.float64) * 1.9 - 0.95}
    soft = SoftLabels(votes=0.4, smoothing=0.1)
    targets = {"expression": LABELS, "votes": VOTES}
    hard, softened = (ArcFaceLoss(arcface, s) if arcface else CrossEntropy(s) for s in (None, soft))
    of_class = torch.stack([hard.per_sample(outputs, {"expression": torch.full((4,), k)})[0] for k in range(7)], 1)
    expected = (soft.shares(targets) * of_class).sum(dim=1)
    values, labelled = softened.per_sample(outputs, targets)
    torch.testing.assert_close(values, expected)
    assert labelled.tolist() == [True, True, False, True]
    assert values[2] == 0


def test_gradient_of_a_soft_margin() -> None:
    torch.manual_seed(1)
    outputs = (torch.rand(4, 7, dtype=torch.float64) * 1.8 - 0.9).requires_grad_()
    term = ArcFaceLoss(ArcFace(scale=8, margin=0.2), SoftLabels(votes=0.5))
    targets = {"expression": LABELS, "votes": VOTES}
    assert torch.autograd.gradcheck(lambda x: term({"expression": x}, targets), outputs)


def test_votes_do_not_soften_an_expression_that_follows_from_action_units() -> None:
    """They are about the expression that people saw."""
    units = torch.full((1, 17), -1)
    units[0, [7, 15]] = 1  # AU12 and AU25
    outputs = {"expression": torch.randn(1, 7, dtype=torch.float64)}
    targets = {"expression": torch.tensor([0]), "action_units": units}
    term = CoAnnotatedExpressions(CrossEntropy(SoftLabels(votes=1.0)))
    without = term.per_sample(outputs, targets)
    torch.testing.assert_close(term.per_sample(outputs, targets | {"votes": VOTES[:1]}), without)
