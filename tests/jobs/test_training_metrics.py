from types import SimpleNamespace
from typing import Any

import pytest

from affect.training.following import StepFacts
from jobs import metrics
from jobs.training_metrics import TrainingMetrics
from tests.jobs.made_instruments import Instruments


class Loss:
    """A value on a device: to read it is to wait."""

    def __init__(self, value: float) -> None:
        self.value, self.read = value, 0

    def __float__(self) -> float:
        self.read += 1
        return self.value


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, ...], Any]:
    instruments = Instruments()
    monkeypatch.setattr(metrics, "instrument", instruments)
    return instruments.told


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr("jobs.training_metrics.time.monotonic", lambda: clock.now)
    return clock


def follower() -> TrainingMetrics:
    return TrainingMetrics(SimpleNamespace(recipe="bmvc2019/mt-vgg"), "s3://bucket/run")  # type: ignore[arg-type]


def facts(number: int, loss: Loss) -> StepFacts:
    return StepFacts(number, 0, 32, 0.5, 0.125, 1e-3, {"loss": loss})  # type: ignore[dict-item]


def test_every_step_counts_and_losses_are_seldom_read(told: dict[tuple[str, ...], Any], clock: SimpleNamespace) -> None:
    run, losses = follower(), [Loss(float(number)) for number in range(1, 9)]
    for number, loss in enumerate(losses, start=1):
        run.step(facts(number, loss))
        clock.now += metrics.REPORT_SECONDS / 4
    assert [loss.read for loss in losses] == [1, 0, 0, 0, 1, 0, 0, 0]
    assert told["affect_train_loss", "loss"] == 5.0
    assert told["affect_train_steps",] == 5
    run.close()
    assert told["affect_train_steps",] == 8
    assert told["affect_train_samples",] == 8 * 32
    assert told["affect_train_step_seconds",] == 4.0
    assert told["affect_train_data_wait_seconds",] == 1.0
    assert sum(loss.read for loss in losses) == 2


def test_an_epoch_tells_its_last_losses_and_what_was_validated(
    told: dict[tuple[str, ...], Any], clock: SimpleNamespace
) -> None:
    run = follower()
    run.step(facts(1, Loss(3.0)))
    run.step(facts(2, Loss(2.0)))
    row = {"epoch": 0, "learning_rate": 1e-3, "train_loss": 2.5, "rows": 64, "seconds": 1.0, "data_wait_share": 0.1}
    run.epoch(row | {"valence_ccc": 0.5, "score": 0.4})
    run.checkpoint(0.25)
    run.checkpoint(4.0)
    assert told["affect_train_loss", "loss"] == 2.0
    assert told["affect_train_learning_rate",] == 1e-3
    assert told["affect_train_epoch",] == 1
    assert {key[1]: value for key, value in told.items() if key[0] == "affect_train_validation"} == {
        "valence_ccc": 0.5,
        "score": 0.4,
    }
    assert told["affect_train_checkpoint_seconds",] == [0.25, 4.0]
