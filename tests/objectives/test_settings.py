"""Settings of the objective."""

import pytest

from affect.errors import AffectError
from affect.objectives import ObjectiveSettings


def test_defaults_are_the_papers_sum() -> None:
    assert ObjectiveSettings().model_dump() == {
        "valence_arousal": "ccc",
        "action_units": "sum",
        "valence_arousal_weight": 1.0,
        "expression_weight": 1.0,
        "action_units_weight": 1.0,
    }


@pytest.mark.parametrize(
    ("assignment", "reason"),
    [
        ("valence_arousal=cc", "ccc, mse"),
        ("action_units=median", "sum, mean"),
        ("expression_weight=-1", "expression_weight"),
        ("expression_wieght=1", "expression_weight"),
    ],
)
def test_refused(assignment: str, reason: str) -> None:
    with pytest.raises(AffectError, match=reason):
        ObjectiveSettings().override([assignment])
