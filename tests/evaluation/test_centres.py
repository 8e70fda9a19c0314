"""Cluster centres of ArcFace networks."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import normalize

from affect.errors import AffectError
from affect.evaluation.centres import CentreAccumulator, set_centres
from affect.networks import ArcFace, Network, NetworkSpec, build

SPEC = NetworkSpec(encoder="arc-res", input_size=32, width=0.0625, embedding=8, arcface=ArcFace())


@pytest.fixture
def network() -> Network:
    torch.manual_seed(0)
    return build(SPEC).eval()


def clusters(count: int = 140) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    expressions = generator.integers(0, 7, count)
    directions = generator.normal(size=(7, 8))
    lengths = generator.uniform(0.1, 10, (count, 1))
    return lengths * (directions[expressions] + 0.3 * generator.normal(size=(count, 8))), expressions


def test_centres_are_the_classes_mean_directions(network: Network) -> None:
    embeddings, expressions = clusters()
    expressions[::6] = -1
    accumulator = CentreAccumulator(network)
    accumulator.update(torch.from_numpy(embeddings), torch.from_numpy(expressions))
    known = expressions >= 0
    reference = NearestCentroid().fit(normalize(embeddings[known]), expressions[known])
    np.testing.assert_allclose(accumulator.centres(), normalize(reference.centroids_), rtol=1e-10)


def test_the_parts_do_not_matter(network: Network) -> None:
    embeddings, expressions = clusters()
    whole, one, other = (CentreAccumulator(network) for _ in range(3))
    whole.update(embeddings, expressions)
    one.update(embeddings[:50], expressions[:50])
    one.update(embeddings[50:90], expressions[50:90])
    other.update(embeddings[90:], expressions[90:])
    np.testing.assert_allclose(one.merge(other.state()).centres(), whole.centres(), rtol=1e-12)


def test_the_network_then_predicts_the_nearest_centre(network: Network) -> None:
    embeddings, expressions = clusters()
    accumulator = CentreAccumulator(network)
    accumulator.update(embeddings, expressions)
    accumulator.set_centres(network)
    outputs = {
        "embedding": torch.from_numpy(embeddings).float(),
        "valence_arousal": torch.zeros(140, 2),
        "expression": torch.zeros(140, 7),
        "action_units": torch.zeros(140, 17),
    }
    nearest = (normalize(embeddings) @ accumulator.centres().T).argmax(axis=1)
    np.testing.assert_array_equal(network.read(outputs)["expression"].argmax(1), nearest)
    assert (nearest == expressions).mean() > 0.8


def test_centres_survive_saving(network: Network) -> None:
    embeddings, expressions = clusters()
    accumulator = CentreAccumulator(network)
    accumulator.update(embeddings, expressions)
    accumulator.set_centres(network)
    other = build(SPEC).eval()
    other.load_state_dict(network.state_dict())
    inputs = {"image": torch.rand(3, 3, 32, 32)}
    with torch.inference_mode():
        assert torch.equal(other.predict(inputs)["expression"], network.predict(inputs)["expression"])


def test_a_class_without_pictures_is_never_predicted(network: Network) -> None:
    embeddings, expressions = clusters()
    accumulator = CentreAccumulator(network)
    accumulator.update(embeddings[expressions != 4], expressions[expressions != 4])
    np.testing.assert_array_equal(accumulator.centres()[4], 0)
    accumulator.set_centres(network)
    with torch.inference_mode():
        assert network.predict({"image": torch.rand(20, 3, 32, 32) * 2 - 1})["expression"][:, 4].max() < 1e-6


def test_faults_are_named(network: Network) -> None:
    with pytest.raises(AffectError, match="expression"):
        CentreAccumulator(network).set_centres(network)
    for change in ({"arcface": None}, {"arcface": None, "heads": ("valence_arousal",)}):
        with pytest.raises(AffectError, match="ArcFace"):
            set_centres(build(SPEC.model_copy(update=change)), np.zeros((7, 8)))
