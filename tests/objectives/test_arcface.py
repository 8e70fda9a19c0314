"""The ArcFace loss: its target logit for every margin of the paper, and against pytorch-metric-learning."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pytorch_metric_learning.losses import ArcFaceLoss as ReferenceLoss

from affect.networks.heads import cosines
from affect.networks.spec import ArcFace
from affect.objectives.arcface import ArcFaceLoss, with_margin

PAPER = [0.1, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0]  # BMVC 2019, Table 3
margins = pytest.mark.parametrize("margin", [0.0, *PAPER, 3.1])


def target_logit(angle: torch.Tensor, margin: float) -> torch.Tensor:
    return with_margin(angle.cos(), margin)


@margins
def test_target_logit_is_continuous_and_decreasing(margin: float) -> None:
    angle = torch.linspace(0, math.pi, 20_001, dtype=torch.float64)
    steps = target_logit(angle, margin).diff()
    assert steps.max() <= 1e-12
    # The logit's slope is at most 1; the floor under the root adds up to its square root at the two ends.
    assert steps.abs().max() <= math.pi / 20_000 + math.sqrt(1e-9) * 1.01


@margins
@given(st.floats(1e-3, math.pi - 1e-3))
def test_target_logit_is_the_printed_one_with_its_reflection(margin: float, angle: float) -> None:
    expected = math.cos(angle + margin) if angle <= math.pi - margin else -2 - math.cos(angle + margin)
    result = float(target_logit(torch.tensor(angle, dtype=torch.float64), margin))
    np.testing.assert_allclose(result, expected, atol=1e-9)


@margins
def test_the_ends(margin: float) -> None:
    right, wrong = with_margin(torch.tensor([1.0, -1.0]), margin)
    np.testing.assert_allclose(float(right), math.cos(margin), atol=1e-4)
    np.testing.assert_allclose(float(wrong), -2 + math.cos(margin) if margin else -1, atol=1e-4)


@margins
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("cosine", [1.0, -1.0, 0.0, 1 - 2**-24, -1 + 2**-24])
def test_gradients_are_finite_at_the_edges(margin: float, dtype: torch.dtype, cosine: float) -> None:
    outputs = torch.full((1, 7), cosine).to(dtype).requires_grad_()
    loss = ArcFaceLoss(ArcFace(scale=64, margin=margin))({"expression": outputs}, {"expression": torch.tensor([2])})
    loss.backward()
    assert loss.isfinite()
    assert outputs.grad is not None
    assert outputs.grad.isfinite().all()


@margins
@pytest.mark.parametrize("embedding", [[1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]])
@pytest.mark.parametrize("precision", [torch.float64, torch.float32, "bf16 autocast"])
def test_gradients_of_the_embedding_are_finite_at_the_edges(
    margin: float, embedding: list[float], precision: torch.dtype | str
) -> None:
    dtype = precision if isinstance(precision, torch.dtype) else torch.float32
    inputs = torch.tensor([embedding], dtype=dtype, requires_grad=True)
    layer = torch.eye(2, dtype=dtype, requires_grad=True)
    vectors = torch.tensor([[1.0, 0.0]] * 7, dtype=dtype, requires_grad=True)
    term = ArcFaceLoss(ArcFace(scale=64, margin=margin))
    with torch.autocast("cpu", torch.bfloat16, enabled=isinstance(precision, str)):
        features = torch.nn.functional.linear(inputs, layer)
        assert features.dtype == (torch.bfloat16 if isinstance(precision, str) else dtype)
        loss = term({"expression": cosines(features, vectors)}, {"expression": torch.tensor([0])})
    loss.backward()
    assert loss.isfinite()
    for tensor in (inputs, layer, vectors):
        assert tensor.grad is not None
        assert tensor.grad.isfinite().all()


@margins
def test_gradcheck(margin: float) -> None:
    torch.manual_seed(0)
    term = ArcFaceLoss(ArcFace(scale=8, margin=margin))
    labels = torch.tensor([0, 3, -1, 6])
    outputs = (torch.rand(4, 7, dtype=torch.float64) * 1.8 - 0.9).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: term({"expression": x}, {"expression": labels}), outputs)


@pytest.mark.parametrize("margin", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("scale", [32.0, 64.0])
def test_pytorch_metric_learning_agrees_up_to_pi_minus_m(margin: float, scale: float) -> None:
    torch.manual_seed(0)
    reference = ReferenceLoss(7, 16, margin=math.degrees(margin), scale=scale)
    embedding = torch.randn(50, 16, requires_grad=True)
    result = cosines(embedding, reference.W.T)
    labels = result.argmax(dim=1)  # within the angles where the definitions coincide
    assert (result.max(dim=1).values >= -math.cos(margin)).all()
    loss = ArcFaceLoss(ArcFace(scale=scale, margin=margin))({"expression": result}, {"expression": labels})
    expected = reference(embedding, labels)
    torch.testing.assert_close(loss.float(), expected, rtol=1e-4, atol=1e-5)
    (gradient,) = torch.autograd.grad(loss, embedding)
    (expected_gradient,) = torch.autograd.grad(expected, embedding)
    torch.testing.assert_close(gradient, expected_gradient, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("margin", "jump"), [(2.35, 0.031), (2.5, 0.305), (3.0, 1.567)])
def test_the_usual_fallback_would_reward_the_wrong_direction(margin: float, jump: float) -> None:
    angle = torch.tensor([-1e-6, 1e-6], dtype=torch.float64) + math.pi - margin
    fallback = torch.where(angle < math.pi - margin, (angle + margin).cos(), angle.cos() - margin * math.sin(margin))
    np.testing.assert_allclose(float(fallback.diff()), jump, atol=1e-3)
    assert abs(float(target_logit(angle, margin).diff())) < 1e-5
