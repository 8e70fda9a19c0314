"""Cluster centres by spherical k-means."""

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, confusion_matrix
from sklearn.preprocessing import normalize

from affect.errors import AffectError
from affect.evaluation import CENTRES
from affect.evaluation.clusters import ClusterAccumulator, spherical_k_means
from affect.networks import ArcFace, Network, NetworkSpec, build

SPEC = NetworkSpec(encoder="arc-res", input_size=32, width=0.0625, embedding=8, arcface=ArcFace())


@pytest.fixture(scope="module")
def network() -> Network:
    torch.manual_seed(0)
    return build(SPEC).eval()


def separated(count: int = 280, noise: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings of any length about seven directions, and the expressions they belong to."""
    generator = np.random.default_rng(1)
    expressions = generator.integers(0, 7, count)
    directions = np.linalg.qr(generator.normal(size=(8, 8)))[0][:7]
    lengths = generator.uniform(0.1, 10, (count, 1))
    return lengths * (directions[expressions] + noise * generator.normal(size=(count, 8))), expressions


def test_against_scikit_learn_on_separated_data() -> None:
    embeddings, _ = separated()
    vectors = normalize(embeddings)
    centres, members = spherical_k_means(vectors, 7)
    reference = KMeans(7, n_init=10, random_state=0).fit(vectors)
    assert adjusted_rand_score(reference.labels_, members) == 1
    cosines = normalize(reference.cluster_centers_) @ centres.T
    np.testing.assert_allclose(cosines.max(axis=1), 1, atol=1e-9)
    # Each vector is nearest to its own centre, and each centre the direction of its members' mean.
    np.testing.assert_array_equal((vectors @ centres.T).argmax(axis=1), members)
    for cluster in range(7):
        np.testing.assert_allclose(centres[cluster], normalize(vectors[members == cluster].mean(0)[None])[0])


def test_several_starts_leave_a_poor_one_behind() -> None:
    vectors = normalize(separated(noise=0.6)[0])
    totals = [
        float((vectors @ spherical_k_means(vectors, 7, starts=1, seed=seed)[0].T).max(axis=1).sum())
        for seed in range(30)
    ]
    assert min(totals) < max(totals) - 0.1
    several = float((vectors @ spherical_k_means(vectors, 7)[0].T).max(axis=1).sum())
    assert several >= np.median(totals)


def test_clusters_are_matched_to_classes_by_their_members(network: Network) -> None:
    embeddings, expressions = separated(noise=0.6)
    accumulator = ClusterAccumulator(network)
    accumulator.update(torch.from_numpy(embeddings), torch.from_numpy(expressions))
    centres = accumulator.centres()
    clusters = (normalize(embeddings) @ centres.T).argmax(axis=1)
    counts = confusion_matrix(expressions, clusters)
    # No other assignment of clusters to classes has more pictures in their own.
    assert np.trace(counts) == counts[linear_sum_assignment(counts, maximize=True)].sum()
    np.testing.assert_allclose(np.linalg.norm(centres, axis=1), 1)


def test_labels_do_not_move_the_centres(network: Network) -> None:
    """Where class means would: half of the pictures of two classes carry the other's label."""
    embeddings, expressions = separated()
    wrong = expressions.copy()
    wrong[(expressions == 1) & (np.arange(len(expressions)) % 2 == 0)] = 2
    found = {}
    for name, labels in (("right", expressions), ("wrong", wrong)):
        accumulator = ClusterAccumulator(network)
        accumulator.update(embeddings, labels)
        found[name] = accumulator.centres()
    np.testing.assert_allclose(found["wrong"] @ found["right"].T, found["right"] @ found["right"].T, atol=1e-9)


@pytest.mark.parametrize("capacity", [50, 280, 1000])
def test_how_rows_are_spread_does_not_matter(network: Network, capacity: int) -> None:
    embeddings, expressions = separated(noise=0.6)
    expressions[::9] = -1
    whole, one, other = (ClusterAccumulator(network, capacity) for _ in range(3))
    whole.update(embeddings, expressions)
    order = np.random.default_rng(2).permutation(len(embeddings))
    for part in np.split(order[:200], 10):
        one.update(embeddings[part], expressions[part])
    other.update(embeddings[order[200:]], expressions[order[200:]])
    merged = ClusterAccumulator(network, capacity).merge(other.state()).merge(one.state())
    for name, kept in whole.state().items():
        np.testing.assert_array_equal(merged.state()[name], kept)
    np.testing.assert_array_equal(merged.centres(), whole.centres())
    assert whole.seen == min(capacity, (expressions >= 0).sum())


def test_the_sample_is_spread_evenly(network: Network) -> None:
    embeddings, expressions = separated(7000)
    accumulator = ClusterAccumulator(network, 700)
    for part in np.split(np.arange(7000), 70):
        accumulator.update(embeddings[part], expressions[part])
    shares = np.bincount(accumulator.state()["expressions"], minlength=7) / 700
    np.testing.assert_allclose(shares, np.bincount(expressions) / 7000, atol=0.04)


def test_the_network_then_predicts_the_matched_class(network: Network) -> None:
    embeddings, expressions = separated()
    accumulator = CENTRES["k-means"](network)
    accumulator.update(embeddings, expressions)
    accumulator.set_centres(network)
    outputs = {
        "embedding": torch.from_numpy(embeddings).float(),
        "valence_arousal": torch.zeros(280, 2),
        "expression": torch.zeros(280, 7),
        "action_units": torch.zeros(280, 17),
    }
    np.testing.assert_array_equal(network.read(outputs)["expression"].argmax(1), expressions)


def test_classes_without_pictures_and_repeated_pictures(network: Network) -> None:
    accumulator = ClusterAccumulator(network)
    accumulator.update(np.ones((4, 8)), np.array([2, 2, 5, 5]))  # two classes, one picture
    centres = accumulator.centres()
    assert np.isfinite(centres).all()
    assert centres.any(axis=1).tolist() == [False, False, True, False, False, True, False]


@pytest.mark.parametrize("name", CENTRES)
def test_without_pictures(network: Network, name: str) -> None:
    accumulator = CENTRES[name](network)
    accumulator.update(np.ones((2, 8)), np.array([-1, -1]))
    with pytest.raises(AffectError, match="expressions"):
        CENTRES[name](network).merge(accumulator.state()).set_centres(network)
