"""Pictures that show what a network gets right and wrong."""

from typing import Any

import cv2
import numpy as np
import pytest

from affect.evaluation.examples import Examples, examples_of
from affect.labels import ACTION_UNITS, AFF_WILD2_ACTION_UNITS, COMPOUND_EXPRESSIONS, EXPRESSIONS
from affect.networks.spec import NetworkSpec, Recurrent
from affect.preprocessing.settings import Preprocessing
from affect.training.index import LabelIndex
from affect.training.settings import FollowSettings, TrainConfig

SPEC = NetworkSpec(encoder="arc-res", input_size=32, action_units=AFF_WILD2_ACTION_UNITS)
SOURCES = [f"made/validation/v{number // 2}" for number in range(12)]  # two row groups a video
ROWS = 400


def split() -> tuple[Any, dict[str, Any], dict[str, Any], Any]:
    """Pictures, predictions, targets and row groups of a split, some labels missing."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 255, (ROWS, 32, 32, 3), dtype=np.uint8)
    logits = rng.normal(0, 2, (ROWS, 7))
    predictions = {
        "valence_arousal": rng.uniform(-1, 1, (ROWS, 2)),
        "expression": np.exp(logits) / np.exp(logits).sum(1, keepdims=True),
        "action_units": rng.uniform(0, 1, (ROWS, 8)),
    }
    targets = {
        "valence_arousal": rng.uniform(-1, 1, (ROWS, 2)).astype(np.float32),
        "expression": rng.integers(-1, 7, ROWS),
        "action_units": rng.integers(-1, 2, (ROWS, 17)).astype(np.int8),
    }
    targets["valence_arousal"][::3] = np.nan
    return pictures, predictions, targets, np.sort(rng.integers(0, 12, ROWS)).astype(np.int32)


def collected(parts: list[slice], order: int = 1) -> Examples:
    """Seen by as many workers as there are parts, merged; each sees its part in batches of 32."""
    pictures, predictions, targets, groups = split()
    merged = Examples(SPEC, SOURCES)
    for part in parts[::order]:
        worker = Examples(SPEC, SOURCES)
        rows = np.arange(ROWS)[part]
        for first in range(0, len(rows), 32):
            batch = rows[first : first + 32]
            worker.update(
                pictures[batch],
                {name: values[batch] for name, values in predictions.items()},
                {name: values[batch] for name, values in targets.items()},
                groups[batch],
            )
        merged.merge(worker.state())
    return merged


def test_the_same_for_any_number_of_workers() -> None:
    alone = collected([slice(None)]).chosen()
    assert len(alone) > 40
    assert collected([slice(0, 150), slice(150, 151), slice(151, None)]).chosen() == alone
    assert collected([slice(0, 200), slice(200, None)], order=-1).chosen() == alone


def test_the_nearest_and_the_furthest_are_shown() -> None:
    _, predictions, targets, groups = split()
    chosen = collected([slice(None)]).chosen()
    videos = np.array(SOURCES)[groups]
    for label, name in enumerate(EXPRESSIONS):
        rows = np.flatnonzero(targets["expression"] == label)
        probability = predictions["expression"][rows, label]
        right = predictions["expression"][rows].argmax(1) == label
        best = {video: probability[right & (videos[rows] == video)].max(initial=0) for video in set(videos)}
        worst = {video: probability[~right & (videos[rows] == video)].min(initial=1) for video in set(videos)}
        shown = [example for example in chosen if example.group == name]
        assert [example.predictions["probability"] for example in shown if example.kind == "right"] == pytest.approx(
            sorted(best.values(), reverse=True)[:2]
        )
        assert {example.source for example in shown if example.kind == "wrong"} == set(sorted(worst, key=worst.get)[:2])
        for kind in ("right", "wrong", "chance"):
            sources = [example.source for example in shown if example.kind == kind]
            assert len(set(sources)) == len(sources) <= 2
        assert all(example.labels["expression"] == name for example in shown)
        assert all((example.predictions["expression"] == name) == (example.kind == "right")
                   for example in shown if example.kind != "chance")  # fmt: skip


def test_outputs_without_classes() -> None:
    pictures, predictions, targets, _ = split()
    known = np.isfinite(targets["valence_arousal"]).all(1)
    apart = np.linalg.norm(predictions["valence_arousal"] - targets["valence_arousal"], axis=1)[known]
    shown = [one for one in collected([slice(None)]).chosen() if one.group == "valence and arousal"]
    assert [one.kind for one in shown] == ["right"] * 4 + ["wrong"] * 4

    def distance(example: Any) -> float:
        return float(np.hypot(*(example.labels[name] - example.predictions[name] for name in ("valence", "arousal"))))

    assert distance(shown[0]) == pytest.approx(apart.min(), abs=1e-6)
    assert distance(shown[4]) == pytest.approx(apart.max(), abs=1e-6)
    row = np.flatnonzero(known)[apart.argmin()]
    picture = cv2.imdecode(np.frombuffer(shown[0].jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert np.abs(picture.mean((0, 1)) - pictures[row].mean((0, 1))).max() < 3
    units = dict(zip(ACTION_UNITS, targets["action_units"][row], strict=True))
    assert shown[0].labels.get("action_units", []) == [f"AU{unit}" for unit in SPEC.action_units if units[unit] == 1]
    active = predictions["action_units"][row] >= 0.5
    assert shown[0].predictions["action_units"] == [
        f"AU{unit}" for unit, is_active in zip(SPEC.action_units, active, strict=True) if is_active
    ]


def test_compound_expressions() -> None:
    spec = NetworkSpec(encoder="arc-res", heads=("compound",), compounds=("happiness", "awed", "hatred"))
    names = [*spec.compounds, None]
    rng = np.random.default_rng(0)
    said, labels = rng.dirichlet([1, 1, 1], 40), np.array([0, 1, 2, 3] * 10)
    positions = {name: number for number, name in enumerate(COMPOUND_EXPRESSIONS)}
    targets = {
        "compound": np.array([positions.get(names[label], -1) for label in labels]),
        "expression": np.where(labels == 0, EXPRESSIONS.index("happiness"), -1),
    }
    examples = Examples(spec, [f"made/validation/v{number}" for number in range(40)])
    pictures = rng.integers(0, 255, (40, 32, 32, 3), dtype=np.uint8)
    examples.update(pictures, {"compound": said}, targets, np.arange(40, dtype=np.int32))
    chosen = examples.chosen()
    assert {(one.kind, one.group) for one in chosen} == {(kind, "compound expressions") for kind in ("right", "wrong")}
    for one in chosen:
        row = int(one.source.rpartition("v")[2])
        assert one.labels == {"compound": names[labels[row]]}
        best = said[row].argmax()
        assert one.predictions == {"compound": names[best], "compound_probability": said[row][best]}
        assert (labels[row] == best) == (one.kind == "right")


@pytest.mark.parametrize(
    ("setting", "corpora", "shown"),
    [
        ("synthetic", [True], True),
        ("synthetic", [True, False], False),
        ("synthetic", [False], False),
        (True, [False], True),
        (False, [True], False),
    ],
)
def test_faces_of_people_are_shown_only_when_asked_for(setting: Any, corpora: list[bool], shown: bool) -> None:
    index = LabelIndex(
        groups=(("/rows/faces/made/validation/v1.parquet", 0),),
        sets={},
        frames=0,
        corpora=tuple((f"made{number}", "abc", synthetic) for number, synthetic in enumerate(corpora)),
        preprocessing=Preprocessing(),
        takes=("image",),
    )
    config = TrainConfig(recipe="made", network=SPEC, follow=FollowSettings(examples=setting))
    make = examples_of(config, index)
    assert (make is not None) == shown
    assert make is None or make().sources.tolist() == ["made/validation/v1"]
    heard = SPEC.model_copy(update={"streams": ("sound",), "recurrent": Recurrent()})
    assert examples_of(config.model_copy(update={"network": heard}), index) is None
