"""Each output has its entry, and those who present answers show each."""

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
import pytest

from affect.evaluation.examples import JUDGES
from affect.models.drawing import describe as drawn
from affect.models.outputs import EXPECTED, OUTPUTS, lacking, outputs, told
from affect.models.predictor import describe
from affect.networks.spec import Head
from affect.watching.openface import OpenFaceCsv
from affect.watching.summary import Summary
from serve.catalogue import stored_model
from tests import made_models

SAID: dict[Head, list[float]] = {
    "expression": [0.1, 0.1, 0.1, 0.1, 0.4, 0.1, 0.1],
    "valence_arousal": [0.5, -0.25],
    "action_units": [0.75, 0.25, 0.875],
    "compound": [0.125, 0.625, 0.25],
}
SHOWN: dict[Head, str] = {
    "expression": "happiness",
    "valence_arousal": "valence",
    "action_units": "AU12",
    "compound": "hatred",
}

PRESENTERS: dict[str, Callable[[Any, Any], Any]] = {
    "the answer": lambda _, face: face,
    "a drawing": lambda _, face: drawn(face),
    "a table": lambda made, face: [(output.columns(made.network), output.cells(face)) for output in told(made.network)],
    "a table of a video": lambda made, face: [
        (output.whole_columns(), output.whole_cells(summary(face), made.own_thresholds))
        for output in told(made.network)
    ],
    "a summary": lambda _, face: summary(face),
    "CSV": lambda made, face: (
        OpenFaceCsv(made.network).header(),
        OpenFaceCsv(made.network).rows({"frame": 0, "time_s": 0.0, "faces": [face]}),
    ),
    "the card": lambda made, _: outputs(made.network),
    "the catalogue": lambda made, _: stored_model("made", "0001", made, []),
}


def summary(face: Any) -> Any:
    kept = Summary()
    kept.add({"frame": 0, "time_s": 0.0, "faces": [face]})
    return kept.result()["tracks"][0]


def test_no_output_is_forgotten() -> None:
    assert set(OUTPUTS) == set(JUDGES) == set(SAID) == set(get_args(Head)) - {"identity"}
    assert set(EXPECTED) <= set(OUTPUTS)


@pytest.mark.parametrize("presenter", PRESENTERS)
@pytest.mark.parametrize("head", SAID)
def test_each_is_shown(head: Head, presenter: str) -> None:
    made = made_models.describe(heads=(head,))
    where = {"track_id": 0, "box": [1, 2, 3, 4], "score": 1.0, "landmarks": [[1, 2]] * 5}
    face = where | describe(made, {head: np.array([SAID[head]])}, 0)
    assert SHOWN[head] in str(PRESENTERS[presenter](made, face))


def test_what_is_lacking_is_said() -> None:
    assert lacking(made_models.describe().network) == ""
    only = made_models.describe(heads=("compound",)).network
    assert lacking(only) == "This model does not give expressions nor valence and arousal nor action units."
