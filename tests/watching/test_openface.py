"""The CSV read back by pandas."""

import io

import pandas as pd
import pytest

from affect.labels import EXPRESSIONS
from affect.models.answer import FrameAnswer
from affect.networks.spec import NetworkSpec
from affect.watching.openface import OpenFaceCsv

SPEC = NetworkSpec(encoder="arc-res", action_units=(1, 12, 26))
SAID = {
    "valence": 0.25,
    "arousal": -0.5,
    "expression": {name: 0.4 if name == "fear" else 0.1 for name in EXPRESSIONS},
    "action_units": {"AU1": 0.49, "AU12": 0.5, "AU26": 0.9},
    "active_action_units": ["AU1", "AU26"],
}
FACE = {"track_id": 3, "box": [1.0, 2.0, 3.0, 4.0], "score": 0.875, "landmarks": [[0.0, 0.0]] * 5, **SAID}
ANSWERS: list[FrameAnswer] = [
    {"frame": 0, "time_s": 0.0, "faces": []},
    {"frame": 1, "time_s": 0.04, "faces": [FACE, FACE | {"track_id": 5, "valence": -1.0}]},  # type: ignore[list-item, typeddict-item]
]


def read(form: OpenFaceCsv, answers: list[FrameAnswer]) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(form.header() + "".join(map(form.rows, answers))))


def test_a_line_a_face_and_one_for_none() -> None:
    table = read(OpenFaceCsv(SPEC), ANSWERS)
    assert table.columns[:5].tolist() == ["frame", "face_id", "timestamp", "confidence", "success"]
    assert table["frame"].tolist() == [1, 2, 2]
    assert table["face_id"].tolist()[1:] == [3, 5]
    assert table["timestamp"].tolist() == [0.0, 0.04, 0.04]
    assert table["success"].tolist() == [0, 1, 1]
    assert table["confidence"].tolist() == [0.0, 0.875, 0.875]
    assert table.loc[0, "AU01_c":].isna().all()
    assert table["valence"].tolist()[1:] == [0.25, -1.0]
    assert table["expression"].tolist()[1:] == ["fear"] * 2
    assert table.loc[1, ["p_fear", "p_neutral"]].tolist() == [0.4, 0.1]


def test_action_units_are_present_or_not_and_have_no_intensity() -> None:
    form = OpenFaceCsv(SPEC)
    table = read(form, ANSWERS)
    assert table.loc[1, ["AU01_c", "AU12_c", "AU26_c"]].tolist() == [1, 0, 1]  # by thresholds of the model's own
    assert table.loc[1, ["AU01_p", "AU12_p", "AU26_p"]].tolist() == [0.49, 0.5, 0.9]
    assert not any(name.endswith("_r") for name in form.columns)


def test_68_landmarks_have_columns_where_they_are_answered() -> None:
    points = [[float(number), number + 0.5] for number in range(68)]
    answers = [ANSWERS[1] | {"faces": [FACE | {"landmarks68": points}]}]
    table = read(OpenFaceCsv(SPEC, landmarks68=True), answers)  # type: ignore[arg-type]
    assert table.columns[5:141].tolist() == [f"{axis}_{number}" for axis in "xy" for number in range(68)]
    assert table.loc[0, ["x_0", "x_67", "y_0", "y_67"]].tolist() == [0, 67, 0.5, 67.5]
    assert "x_0" not in OpenFaceCsv(SPEC).columns
    assert "x_0" in OpenFaceCsv(SPEC.model_copy(update={"landmarks": True})).columns


@pytest.mark.parametrize("heads", [("valence_arousal",), ("expression",), ("action_units",)])
def test_only_what_the_network_outputs_has_columns(heads: tuple[str, ...]) -> None:
    columns = OpenFaceCsv(SPEC.model_copy(update={"heads": heads})).columns
    kinds = {"valence_arousal": "valence", "expression": "p_fear", "action_units": "AU01_c"}
    assert [head for head, name in kinds.items() if name in columns] == list(heads)


def test_sound_has_no_face_but_says_something() -> None:
    compound = SPEC.model_copy(update={"heads": ("valence_arousal", "compound"), "compounds": ("awed", "hatred")})
    said = {"valence": 0.5, "arousal": 0.0, "compound": {"awed": 0.3, "hatred": 0.7}}
    table = read(OpenFaceCsv(compound), [{"frame": 4, "time_s": 0.16, "faces": [], "sound": said}])  # type: ignore[typeddict-item]
    assert table.loc[0, ["success", "valence", "compound", "p_compound_awed"]].tolist() == [0, 0.5, "hatred", 0.3]
