"""Settings of the objective."""

import pytest

from affect.errors import AffectError
from affect.objectives import ObjectiveSettings
from affect.objectives.settings import CoAnnotation, DistributionMatching, SoftCoAnnotation


def test_defaults_are_the_papers_sum() -> None:
    assert ObjectiveSettings().model_dump() == {
        "valence_arousal": "ccc",
        "action_units": "sum",
        "soft_labels": {"votes": 0.0, "smoothing": 0.0},
        "valence_arousal_weight": 1.0,
        "expression_weight": 1.0,
        "action_units_weight": 1.0,
        "compound_weight": 1.0,
        "identity_weight": 1.0,
        "co_annotation": None,
        "soft_co_annotation": None,
        "distribution_matching": None,
    }


def test_couplings_are_turned_on_by_a_value() -> None:
    found = ObjectiveSettings().override(
        ["co_annotation={}", "soft_co_annotation.neutral=true", "distribution_matching.form=bernoulli"]
    )
    assert found.co_annotation == CoAnnotation()
    assert found.soft_co_annotation == SoftCoAnnotation(neutral=True)
    assert found.distribution_matching == DistributionMatching(form="bernoulli")
    assert {found.co_annotation.weight, found.soft_co_annotation.weight, found.distribution_matching.weight} == {1}


@pytest.mark.parametrize(
    ("assignment", "reason"),
    [
        ("valence_arousal=cc", "ccc, mse"),
        ("action_units=median", "mean, sum"),
        ("expression_weight=-1", "expression_weight"),
        ("expression_wieght=1", "expression_weight"),
        ("distribution_matching.form=kl", "printed"),
    ],
)
def test_refused(assignment: str, reason: str) -> None:
    with pytest.raises(AffectError, match=reason):
        ObjectiveSettings().override([assignment])
