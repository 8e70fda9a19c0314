"""What FrameMetrics saw, as a vector that adds up."""

import numpy as np
import pytest

from affect.labels import EMOTIONET_COMPOUNDS
from affect.metrics import FrameMetrics
from affect.metrics.sums import columns, from_sums, one_head, to_sums
from affect.networks.spec import NetworkSpec

SPEC = NetworkSpec(
    encoder="arc-res",
    heads=("valence_arousal", "expression", "action_units", "compound"),
    action_units=(1, 2, 12),
    compounds=EMOTIONET_COMPOUNDS,
)


def seen(seed: int, count: int = 50) -> FrameMetrics:
    rng = np.random.default_rng(seed)
    metrics = FrameMetrics(SPEC)
    predictions = {
        "valence_arousal": rng.uniform(-1, 1, (count, 2)),
        "expression": rng.dirichlet(np.ones(7), count),
        "action_units": rng.uniform(0, 1, (count, 3)),
        "compound": rng.dirichlet(np.ones(16), count),
    }
    targets = {
        "valence_arousal": rng.uniform(-1, 1, (count, 2)),
        "expression": rng.integers(-1, 7, count),
        "action_units": rng.integers(-1, 2, (count, 17)),
        "compound": rng.integers(-1, 16, count),
    }
    metrics.update(predictions, targets)
    return metrics


def test_sums_of_parts_are_those_of_the_whole() -> None:
    parts = [seen(seed) for seed in range(4)]
    whole = FrameMetrics(SPEC)
    for part in parts:
        whole.merge(part.state())
    added = np.sum([to_sums(part) for part in parts], axis=0)
    np.testing.assert_allclose(added, to_sums(whole), rtol=1e-12, atol=1e-12)
    assert from_sums(SPEC, added).compute() == pytest.approx(whole.compute(), rel=1e-9)


def test_a_part_twice_weighs_twice() -> None:
    once, other = seen(0), seen(1)
    whole = FrameMetrics(SPEC)
    for part in (once, once, other):
        whole.merge(part.state())
    assert from_sums(SPEC, 2 * to_sums(once) + to_sums(other)).compute() == pytest.approx(whole.compute(), rel=1e-9)


def test_nothing_seen() -> None:
    sums = to_sums(FrameMetrics(SPEC))
    assert not sums.any()
    assert from_sums(SPEC, sums).compute() == {}


def test_few_digits_are_lost_where_values_hardly_differ() -> None:
    rng = np.random.default_rng(0)
    spec = one_head(SPEC, "valence_arousal")
    metrics = FrameMetrics(spec)
    labels = 0.9 + rng.normal(0, 1e-3, (5000, 2))
    metrics.update({"valence_arousal": labels + rng.normal(0, 1e-3, (5000, 2))}, {"valence_arousal": labels})
    assert from_sums(spec, to_sums(metrics)).compute() == pytest.approx(metrics.compute(), rel=1e-6)


@pytest.mark.parametrize("head", SPEC.heads)
def test_columns_of_an_output(head: str) -> None:
    whole = seen(0)
    alone = from_sums(one_head(SPEC, head), to_sums(whole)[columns(SPEC)[head]])  # type: ignore[arg-type, index]
    prefix = {"valence_arousal": ("valence", "arousal"), "action_units": ("action_units", "AU")}.get(head, (head,))
    expected = {name: value for name, value in whole.compute().items() if name.startswith(prefix)}
    assert alone.compute() == pytest.approx(expected)
