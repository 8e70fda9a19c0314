"""By what rules a model is judged, and which it cannot be."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from affect.errors import AffectError
from affect.evaluation.compound import compound_scores
from affect.evaluation.judging import Judging
from affect.evaluation.predictions import predicted, targets
from affect.evaluation.settings import EvaluationConfig
from affect.labels import (
    ACTION_UNITS,
    EMOTIONET_ACTION_UNITS,
    FERA_2015_ACTION_UNITS,
    FERA_2017_ACTION_UNITS,
    NO_ACTION_UNIT,
    RAFDB_COMPOUNDS,
)
from affect.models.files import ModelDescription, Thresholds
from affect.networks.spec import ArcFace, NetworkSpec
from affect.preprocessing.settings import AlignmentSettings, Preprocessing
from tests.evaluation.made_predictions import made_predictions

FORM: dict[str, Any] = {"encoder": "arc-res", "input_size": 32, "embedding": 16}
ALL = NetworkSpec(**FORM)


def described(spec: NetworkSpec, **changes: Any) -> ModelDescription:
    seen = Preprocessing(alignment=AlignmentSettings(size=32))
    fields = {"recipe": "made", "settings": {}, "data": (), "metrics": {}} | changes
    return ModelDescription(network=spec, preprocessing=seen, **fields)


def judged(spec: NetworkSpec, asked: dict[str, Any], **changes: Any) -> Judging:
    config = EvaluationConfig(model="m", data=("rows",), **asked)
    return Judging.of(config, described(spec, **changes))


@pytest.mark.parametrize(
    ("spec", "settings", "message"),
    [
        (NetworkSpec(**FORM, heads=("identity",), identities=("a", "b")), {}, "its own training run"),
        (ALL, {"thresholds": "f1"}, "found on the validation split alone, not on test"),
        (ALL, {"thresholds": "f1", "split": "train"}, "not on train"),
        (
            NetworkSpec(**FORM, heads=("expression",)),
            {"thresholds": "f1", "split": "validation"},
            "which the model does not output",
        ),
        (NetworkSpec(**FORM, heads=("expression",)), {"zero_shot": "raf-db"}, "no valence_arousal or action_units"),
        (
            NetworkSpec(**FORM, heads=("compound",), compounds=RAFDB_COMPOUNDS),
            {"zero_shot": "raf-db"},
            "was trained on compound",
        ),
        (NetworkSpec(**FORM, action_units=(23,)), {"zero_shot": "raf-db"}, "none of the action units of 'happily surp"),
    ],
)
def test_what_cannot_be_judged_so(spec: NetworkSpec, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(AffectError, match=message):
        judged(spec, settings)


@pytest.mark.parametrize("settings", [{}, {"centres": "k-means"}])
def test_arcface_is_said_to_go_by_cluster_centres(settings: dict[str, Any]) -> None:
    spec = NetworkSpec(**FORM, arcface=ArcFace())
    found = judged(spec, {}, settings=settings).expressions
    assert (
        f"nearest of the seven cluster centres by cosine, the centres being {settings.get('centres', 'class-m')}"
        in found
    )
    assert judged(ALL, {}).expressions == "of the largest probability"


def test_the_thresholds_of_the_model() -> None:
    own = Thresholds(action_units={"AU1": 0.25}, criterion="f1", found_on="made, validation, rows abc")
    found = judged(ALL, {}, thresholds=own)
    assert found.thresholds == {"AU1": 0.25}
    assert found.thresholds_from == "stored with the model: made, validation, rows abc"


@pytest.mark.parametrize(
    ("corpus", "asked", "units"),
    [
        ("bp4d", {}, FERA_2015_ACTION_UNITS),
        ("bp4d-plus", {}, FERA_2017_ACTION_UNITS),
        ("emotionet", {}, EMOTIONET_ACTION_UNITS),
        ("disfa", {}, ACTION_UNITS),
        ("bp4d", {"every_action_unit": True}, ACTION_UNITS),
    ],
)
def test_action_units_are_those_that_the_papers_judge_on(
    corpus: str, asked: dict[str, Any], units: tuple[int, ...]
) -> None:
    table = made_predictions({("a", "main"): 40}, corpus=corpus, spec=ALL)
    labels, whole = judged(ALL, asked).targets(table), targets(table)
    chosen = np.isin(ACTION_UNITS, units)
    np.testing.assert_array_equal(labels["action_units"][:, chosen], whole["action_units"][:, chosen])
    assert (labels["action_units"][:, ~chosen] == NO_ACTION_UNIT).all()
    assert all((whole["action_units"] != NO_ACTION_UNIT).any(axis=0))
    np.testing.assert_array_equal(labels["expression"], whole["expression"])


def test_those_of_one_corpus_say_nothing_of_another() -> None:
    made = {name: made_predictions({("a", "main"): 20}, corpus=name, spec=ALL) for name in ("bp4d", "disfa")}
    both = judged(ALL, {}).targets(pa.concat_tables(made.values()))["action_units"]
    np.testing.assert_array_equal(both[20:], targets(made["disfa"])["action_units"])
    assert (both[:20, ACTION_UNITS.index(24)] == NO_ACTION_UNIT).all()


def test_what_is_judged_on_other_action_units_is_not_joined() -> None:
    assert judged(ALL, {}).alike(judged(ALL, {"split": "train"}))
    assert not judged(ALL, {}).alike(judged(ALL, {"every_action_unit": True}))


def test_compound_expressions_follow_from_the_rest() -> None:
    found = judged(ALL, {"zero_shot": "raf-db"})
    table = made_predictions({("a", "main"): 12}, spec=ALL)
    said = found.predicted(table)
    assert found.spec.heads == (*ALL.heads, "compound")
    np.testing.assert_array_equal(
        said["compound"], compound_scores(predicted(table, ALL), RAFDB_COMPOUNDS, ALL.action_units)
    )
