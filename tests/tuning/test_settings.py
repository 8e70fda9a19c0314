import pytest

from affect.errors import AffectError
from affect.networks.spec import NetworkSpec
from affect.training.settings import TrainConfig
from affect.tuning.settings import SweepConfig
from affect.tuning.space import Choice, LogUniform


@pytest.fixture
def config() -> SweepConfig:
    return SweepConfig(
        recipe="search",
        train=TrainConfig(recipe="small", network=NetworkSpec(encoder="arc-res"), epochs=4),
        space={
            "optimiser.learning_rate": LogUniform(low=1e-5, high=1e-4),
            "network.embedding": Choice(values=(32, 64)),
        },
    )


def test_it_survives_its_yaml(config: SweepConfig) -> None:
    assert SweepConfig.from_yaml(config.to_yaml()) == config


def test_distributions_can_be_changed_by_key(config: SweepConfig) -> None:
    changed = config.override(
        [
            "space.optimiser.learning_rate.high=1e-2",
            "space.network.embedding.values=[8, 16]",
            "train.optimiser.name=sgd",
        ]
    )
    assert changed.space["optimiser.learning_rate"] == LogUniform(low=1e-5, high=1e-2)
    assert changed.space["network.embedding"] == Choice(values=(8, 16))
    assert changed.train.optimiser.name == "sgd"


def test_a_parameter_can_be_left_out(config: SweepConfig) -> None:
    assert list(config.override(["space.network.embedding=null"]).space) == ["optimiser.learning_rate"]


@pytest.mark.parametrize(
    ("assignment", "word"),
    [
        ("space={}", "at least 1"),
        ("space.network.embedding.valus=[1]", "valus: unknown key"),
        ("space={optimiser.lr: {kind: uniform, low: 1, high: 2}}", "cannot set optimiser.lr"),
        ("space.optimiser.learning_rate.low=-1", "greater than 0"),
        ("space={optimiser.learning_rate: {kind: normal}}", "uniform"),
        ("grace_epochs=5", "a trial has 4 epochs"),
        ("reduction_factor=1", "greater than 1"),
        ("mode=best", "max"),
    ],
)
def test_a_wrong_setting_is_named(config: SweepConfig, assignment: str, word: str) -> None:
    with pytest.raises(AffectError, match=word):
        config.override([assignment])
