"""Zero-shot compound expressions against a transcription of FaceBehaviorNet section 7.5.1."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from affect.errors import AffectError
from affect.evaluation.compound import compound_scores
from affect.labels import (
    ACTION_UNITS,
    AFF_WILD2_ACTION_UNITS,
    COMPOUND_ACTION_UNITS,
    COMPOUND_EMOTIONS,
    EMOTION_ACTION_UNITS,
    EMOTIONET_COMPOUNDS,
    EXPRESSIONS,
    RAFDB_COMPOUNDS,
)

probabilities = st.floats(0, 1)


def score(
    units: dict[int, float], expressions: dict[str, float], valence: float, name: str, *, weighted: bool
) -> float:
    """The candidate score of one class for one face."""
    shares = (EMOTION_ACTION_UNITS | COMPOUND_ACTION_UNITS)[name]
    above = below = 0.0
    for unit, prediction in units.items():
        share = shares.get(unit, 0.0) if weighted else float(unit in shares)
        above += prediction * share
        below += share
    total = above / below
    for emotion in COMPOUND_EMOTIONS.get(name, (name,)):
        total += expressions[emotion]
    if name in {"happily surprised", "happily disgusted", "happiness"}:
        total += 0.5 * (valence / abs(valence) + 1) if valence else 0.5
    return total


@pytest.mark.parametrize("classes", [RAFDB_COMPOUNDS, EMOTIONET_COMPOUNDS], ids=["RAF-DB", "EmotioNet"])
@pytest.mark.parametrize("names", [ACTION_UNITS, AFF_WILD2_ACTION_UNITS], ids=["17", "8"])
@given(
    arrays.arrays(np.float64, (3, 17), elements=probabilities),
    arrays.arrays(np.float64, (3, 7), elements=probabilities),
    arrays.arrays(np.float64, (3, 2), elements=st.sampled_from([-1.0, -0.2, 0.0, 0.4])),
    st.booleans(),
)
def test_scores_and_decisions(
    names: tuple[int, ...], classes: tuple[str, ...], units: np.ndarray, expressions: np.ndarray, va: np.ndarray,
    weighted: bool,
) -> None:  # fmt: skip
    predictions = {"action_units": units[:, : len(names)], "expression": expressions, "valence_arousal": va}
    found = compound_scores(predictions, classes, names, weighted=weighted)
    expected = [
        [
            score(
                dict(zip(names, units[row, : len(names)], strict=True)),
                dict(zip(EXPRESSIONS, expressions[row], strict=True)),
                va[row, 0],
                name,
                weighted=weighted,
            )
            for name in classes
        ]
        for row in range(3)
    ]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_happily_surprised_face() -> None:
    expressions = np.zeros((3, 7))
    expressions[:, [EXPRESSIONS.index("happiness"), EXPRESSIONS.index("surprise")]] = 0.5
    units = [[float(unit in {1, 2, 5, 12, 25, 26}) for unit in ACTION_UNITS]] * 3
    predictions = {
        "action_units": torch.tensor(units, dtype=torch.bfloat16),
        "expression": torch.from_numpy(expressions),
        "valence_arousal": torch.tensor([[0.3, 0.5], [-0.3, 0.5], [0.0, 0.5]]),
    }
    found = compound_scores(predictions, RAFDB_COMPOUNDS, ACTION_UNITS)
    np.testing.assert_allclose(found[:, 0], [3, 2, 2.5])
    assert {RAFDB_COMPOUNDS[place] for place in found.argmax(axis=1)} == {"happily surprised"}


def test_faults_are_named() -> None:
    predictions = {"action_units": np.ones((1, 17)), "expression": np.ones((1, 7)), "valence_arousal": np.ones((1, 2))}
    with pytest.raises(AffectError, match="'happily surprised'"):
        compound_scores(predictions, ("happily suprised",), ACTION_UNITS)
    with pytest.raises(AffectError, match="none of the action units of 'hatred'"):
        compound_scores(predictions | {"action_units": np.ones((1, 1))}, ("hatred",), (12,))
    for output in predictions:
        rest = {name: value for name, value in predictions.items() if name != output}
        with pytest.raises(AffectError, match=output):
            compound_scores(rest, RAFDB_COMPOUNDS, ACTION_UNITS)
