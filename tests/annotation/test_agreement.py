"""Correlations between annotators, and MAIC."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from affect.annotation.agreement import Agreement, correlation_matrix
from affect.annotation.matching import match
from affect.annotation.smoothing import median_filter
from tests.annotation.made_traces import course, made_trace


def columns(seed: int, annotators: int = 4, frames: int = 60) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=frames)
    return {f"a{index}": shared * index + rng.normal(size=frames) for index in range(annotators)}


@given(seeds=st.lists(st.integers(0, 1000), min_size=1, max_size=4, unique=True))
def test_correlations_are_scipys_over_all_videos_joined(seeds: list[int]) -> None:
    agreement = Agreement()
    for seed in seeds:
        agreement.add(columns(seed))
    joined = {name: np.concatenate([columns(seed)[name] for seed in seeds]) for name in columns(0)}
    for one, values in joined.items():
        for other in joined.keys() - {one}:
            expected = stats.pearsonr(values, joined[other]).statistic
            assert agreement.correlation(one, other) == pytest.approx(expected, abs=1e-9)


def test_maic_is_the_mean_of_the_averages() -> None:
    # a and b are one, c is the opposite of both, and d is unrelated to all.
    a = np.array([1.0, -1, 1, -1])
    agreement = Agreement().add({"a": a, "b": a * 0.5 + 0.1, "c": -a, "d": np.array([1.0, 1, -1, -1])})
    averages = agreement.averages()
    assert averages == pytest.approx({"a": 0.0, "b": 0.0, "c": -2 / 3, "d": 0.0})
    assert agreement.maic() == pytest.approx(-1 / 6)


def test_annotators_of_different_videos_are_compared_with_those_they_share_frames_with() -> None:
    a = np.array([0.0, 1, 2, 5])
    agreement = Agreement().add({"a": a, "b": a}).add({"c": a, "d": -a})
    assert np.isnan(agreement.correlation("a", "c"))
    assert agreement.averages() == pytest.approx({"a": 1, "b": 1, "c": -1, "d": -1})


def test_only_frames_of_both_count() -> None:
    one, other = np.array([1.0, 2, 3, np.nan, 9]), np.array([2.0, 4, 6, 0, np.nan])
    assert Agreement().add({"a": one, "b": other}).correlation("b", "a") == pytest.approx(1)


@pytest.mark.parametrize("still", [0.0, 0.1, 1 / 3])
def test_a_trace_held_still_agrees_with_nobody(still: float) -> None:
    matrix = correlation_matrix(np.array([np.full(1000, still), np.random.default_rng(0).normal(size=1000)]))
    np.testing.assert_array_equal(matrix, np.eye(2))


def test_nobody_and_one_alone_have_no_agreement() -> None:
    assert np.isnan(Agreement().maic())
    assert np.isnan(Agreement().add({"a": np.zeros(3)}).maic())


def test_what_was_gathered_elsewhere_is_joined() -> None:
    both = Agreement().add(columns(1)).add(columns(2))
    state = json.loads(json.dumps(Agreement().add(columns(2)).state()))
    assert Agreement().add(columns(1)).merge(state).maic() == pytest.approx(both.maic())


@pytest.mark.parametrize("seed", range(5))
def test_maic_rises_with_the_size_of_the_filter_on_noisy_traces(seed: int) -> None:
    """As EXT 2018 found: 0.60, 0.603, 0.62, 0.63 without a filter and with 5, 15 and 30 frames."""
    rng = np.random.default_rng(seed)
    gathered = {size: Agreement() for size in (1, 5, 15, 30)}
    for _ in range(4):
        truth = course(40, rng)
        times = np.arange(40 * 30) / 30
        raw = {name: match(made_trace(name, truth, rng, follows=0.8), times, 1.0) for name in "abcd"}
        for size, agreement in gathered.items():
            agreement.add({name: median_filter(values, size) for name, values in raw.items()})
    maic = [agreement.maic() for agreement in gathered.values()]
    assert maic == sorted(maic)
    assert maic[-1] > maic[0] + 0.05
