"""Cosines, and the reading of outputs as predictions."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from affect.errors import AffectError
from affect.networks.heads import HEADS, CosineHead, cosines
from affect.networks.spec import ArcFace, NetworkSpec

SPEC = NetworkSpec(encoder="vgg-face", action_units=(1, 12, 25))
values = st.floats(-100, 100, width=32)


@given(arrays.arrays(np.float32, (3, 5), elements=values), arrays.arrays(np.float32, (7, 5), elements=values))
def test_cosines_are_numpys(embedding: np.ndarray, vectors: np.ndarray) -> None:
    embedding, vectors = (np.where(np.abs(a) < 1e-3, 0, a) for a in (embedding, vectors))
    lengths = np.outer(np.linalg.norm(embedding, axis=1), np.linalg.norm(vectors, axis=1))
    expected = (embedding @ vectors.T) / np.where(lengths > 0, lengths, 1)
    result = cosines(torch.from_numpy(embedding), torch.from_numpy(vectors))
    np.testing.assert_allclose(result, expected, atol=1e-5)
    assert result.abs().max() <= 1


@pytest.mark.parametrize("embedding", [torch.zeros(1, 4), torch.ones(1, 4), -torch.ones(1, 4)])
def test_gradients_of_cosines_are_finite_at_the_edges(embedding: torch.Tensor) -> None:
    embedding = embedding.clone().requires_grad_()
    vectors = torch.ones(7, 4, requires_grad=True)
    cosines(embedding, vectors).sum().backward()
    assert embedding.grad is not None
    assert embedding.grad.isfinite().all()
    assert vectors.grad is not None
    assert vectors.grad.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_cosines_are_computed_in_float32_under_autocast(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    embedding, vectors = torch.randn(8, 64).to(dtype), torch.randn(7, 64)
    with torch.autocast("cpu", dtype=dtype):
        result = cosines(embedding, vectors)
    assert result.dtype == torch.float32
    torch.testing.assert_close(result, cosines(embedding.float(), vectors))


def test_predictions_of_linear_heads() -> None:
    heads = {name: HEADS[name](5, SPEC) for name in SPEC.heads}
    embedding = torch.randn(4, 5)
    output = torch.tensor([[-3.0, 0.5]])
    torch.testing.assert_close(heads["valence_arousal"].predict(output, embedding), torch.tensor([[-1.0, 0.5]]))
    logits = torch.randn(4, 7)
    torch.testing.assert_close(heads["expression"].predict(logits, embedding), logits.softmax(1))
    logits = torch.randn(4, 3)
    torch.testing.assert_close(
        heads["action_units"].predict(logits.bfloat16(), embedding), logits.bfloat16().float().sigmoid()
    )
    assert heads["action_units"](embedding).shape == (4, 3)


def test_people_are_told_apart_by_name() -> None:
    spec = NetworkSpec(encoder="vgg-face", heads=("identity",), identities=("a", "b", "c"))
    head, embedding = HEADS["identity"](5, spec), torch.randn(4, 5)
    torch.testing.assert_close(head.predict(head(embedding), embedding).sum(dim=1), torch.ones(4))
    assert head(embedding).shape == (4, 3)
    with pytest.raises(AffectError, match="nobody to tell apart"):
        HEADS["identity"](5, NetworkSpec(encoder="vgg-face", heads=("identity",)))


def test_arcface_predicts_the_nearest_centre() -> None:
    torch.manual_seed(0)
    head = HEADS["expression"](6, NetworkSpec(encoder="vgg-face", arcface=ArcFace(scale=16)))
    assert isinstance(head, CosineHead)
    embedding = torch.randn(20, 6)
    output = head(embedding)
    torch.testing.assert_close(head.predict(output, embedding), (16 * output).softmax(1))

    head.centres.copy_(torch.randn(7, 6) * 3)
    probabilities = head.predict(output, embedding)
    distances = 1 - torch.nn.functional.cosine_similarity(embedding[:, None], head.centres[None], dim=2)
    assert (probabilities.argmax(1) == distances.argmin(1)).all()
    torch.testing.assert_close(probabilities, (16 * (1 - distances)).softmax(1))

    head.centres[3] = 0
    assert head.predict(output, embedding)[:, 3].max() < 1e-4


def test_centres_travel_with_the_model_and_are_not_trained() -> None:
    head = CosineHead(6, 32.0)
    assert set(head.state_dict()) == {"weight", "centres"}
    assert [name for name, _ in head.named_parameters()] == ["weight"]
