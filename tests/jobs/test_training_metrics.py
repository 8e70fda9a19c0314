from types import SimpleNamespace
from typing import Any

import pytest

from affect.training.following import Point
from jobs import metrics
from jobs.training_metrics import TrainingMetrics
from tests.jobs.made_instruments import Instruments


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, ...], Any]:
    instruments = Instruments()
    monkeypatch.setattr(metrics, "instrument", instruments)
    return instruments.told


def follower() -> TrainingMetrics:
    run = SimpleNamespace(config=SimpleNamespace(recipe="bmvc2019/mt-vgg"), out="s3://bucket/run")
    return TrainingMetrics(run)  # type: ignore[arg-type]


def test_points_are_counted_and_the_latest_loss_is_shown(told: dict[tuple[str, ...], Any]) -> None:
    run = follower()
    for first, loss in ((1, 3.0), (5, 2.0)):
        run.point(Point(first, first + 3, 0, {"loss": loss}, 1e-3, rows=128, seconds=2.0, waited=0.5))
    run.point(Point(9, 9, 0, {"loss": 1.0}, 1e-4, rows=32, seconds=0.5, waited=0.0))
    assert told["affect_train_loss", "loss"] == 1.0
    assert told["affect_train_learning_rate",] == 1e-4
    assert told["affect_train_steps",] == 9
    assert told["affect_train_samples",] == 9 * 32
    assert told["affect_train_step_seconds",] == 4.5
    assert told["affect_train_data_wait_seconds",] == 1.0


def test_an_epoch_tells_what_was_validated(told: dict[tuple[str, ...], Any]) -> None:
    run = follower()
    run.measured("test", 1, SimpleNamespace(compute=lambda: {"valence_ccc": 0.9}), None)  # type: ignore[arg-type]
    run.measured("validation", 1, SimpleNamespace(compute=lambda: {"valence_ccc": 0.5}), None)  # type: ignore[arg-type]
    run.epoch([{"score": 0.3}, {"score": 0.4}])
    run.checkpoint(0.25)
    run.checkpoint(4.0)
    assert told["affect_train_epoch",] == 2
    assert {key[1]: value for key, value in told.items() if key[0] == "affect_train_validation"} == {
        "valence_ccc": 0.5,
        "score": 0.4,
    }
    assert told["affect_train_checkpoint_seconds",] == [0.25, 4.0]
