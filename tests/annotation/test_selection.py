"""Which annotators are kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.annotation.agreement import correlation_matrix
from affect.annotation.selection import mean_of, most_correlated, reliability
from affect.errors import AffectError


def matrix(*rows: list[float]) -> np.ndarray:
    """A symmetric matrix from what stands above its diagonal."""
    size = len(rows) + 1
    made = np.eye(size)
    for index, row in enumerate(rows):
        made[index, index + 1 :] = made[index + 1 :, index] = row
    return made


@pytest.mark.parametrize(
    ("correlations", "kept"),
    [
        (matrix([0.6, 0.6, 0.6], [0.6, 0.6], [0.6]), (0, 1, 2, 3)),  # equals: more are more reliable
        (matrix([0.8, 0.6, 0.1], [0.6, 0.1], [0.1]), (0, 1)),  # 0.889; with the third 0.857
        (matrix([0.8, 0.75, 0.1], [0.75, 0.1], [0.1]), (0, 1, 2)),  # 0.908 against 0.889
        (matrix([-0.5, -0.5], [0.4]), (1, 2)),
        (matrix([0.7]), (0, 1)),
        (matrix([np.nan, 0.5], [0.1]), (0, 2)),
    ],
)
def test_those_whose_mean_is_most_reliable(correlations: np.ndarray, kept: tuple[int, ...]) -> None:
    assert most_correlated(correlations) == kept


def test_no_more_than_asked_for() -> None:
    assert len(most_correlated(np.full((8, 8), 0.6))) == 4
    assert len(most_correlated(np.full((8, 8), 0.6), most=3)) == 3
    assert len(most_correlated(matrix([0.9, 0.1], [0.1]), least=3)) == 3


def test_one_annotator_is_enough_only_where_that_is_allowed() -> None:
    assert most_correlated(np.eye(1), least=1) == (0,)
    with pytest.raises(AffectError, match="1 of at least 2"):
        most_correlated(np.eye(1))


def test_reliability_foretells_how_two_panels_correlate() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=20_000)
    raters = truth + rng.normal(size=(8, 20_000))  # correlate by 0.5
    expected = reliability(correlation_matrix(raters[:4]), (0, 1, 2, 3))
    found = np.corrcoef(raters[:4].mean(axis=0), raters[4:].mean(axis=0))[0, 1]
    assert expected == pytest.approx(0.8, abs=0.01)
    assert found == pytest.approx(expected, abs=0.01)


@given(seed=st.integers(0, 10_000), annotators=st.integers(2, 7))
def test_the_order_of_annotators_does_not_matter(seed: int, annotators: int) -> None:
    columns = np.random.default_rng(seed).normal(size=(annotators, 12)) + np.arange(12)
    shuffled = np.random.default_rng(seed + 1).permutation(annotators)
    kept = set(most_correlated(correlation_matrix(columns)))
    again = {int(shuffled[index]) for index in most_correlated(correlation_matrix(columns[shuffled]))}
    assert kept == again


def test_the_mean_needs_everyone_kept() -> None:
    columns = np.array([[1.0, 2, np.nan], [3.0, 4, 5], [9.0, np.nan, 9]])
    np.testing.assert_array_equal(mean_of(columns, (0, 1)), [2, 3, np.nan])
