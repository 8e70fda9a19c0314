"""validation.json."""

import base64
from pathlib import Path

import numpy as np

from affect.evaluation.examples import Examples
from affect.evaluation.seen import Seen
from tests.following.made_runs import SPEC, measured


def test_what_is_written_is_read(tmp_path: Path) -> None:
    examples = Examples(SPEC, ["made/validation/v1"])
    predictions = {"valence_arousal": np.zeros((1, 2)), "expression": np.eye(7)[:1], "action_units": np.ones((1, 8))}
    targets = {
        "valence_arousal": np.full((1, 2), np.nan, np.float32),
        "expression": np.array([0]),
        "action_units": np.full((1, 17), -1, np.int8),
    }
    examples.update(np.zeros((1, 32, 32, 3), np.uint8), predictions, targets, np.array([0], np.int32))
    metrics = measured()
    seen = Seen.of("validation", 2, metrics, examples, synthetic=False)
    seen.write(str(tmp_path / "validation.json"))
    read = Seen.read(str(tmp_path / "validation.json"))
    assert read == seen
    assert sum(map(sum, read.plane_labels)) == 60
    assert {unit: sum(counts) for unit, counts in read.action_units.items()}.keys() == {
        f"AU{unit}" for unit in SPEC.action_units
    }
    assert all(sum(counts) == 60 for counts in read.action_units.values())
    assert [(one.kind, one.labels) for one in read.examples] == [
        ("right", {"expression": "neutral"}),
        ("chance", {"expression": "neutral"}),
    ]
    assert base64.b64decode(read.examples[0].jpeg)[:2] == b"\xff\xd8"


def test_only_the_outputs_of_the_network() -> None:
    spec = SPEC.model_copy(update={"heads": ("valence_arousal",)})
    metrics = type(measured())(spec)
    seen = Seen.of("validation", 1, metrics, synthetic=True)
    assert seen.confusion is None
    assert seen.action_units is None
    assert seen.plane_labels is not None
