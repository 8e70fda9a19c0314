import pytest

from affect.errors import AffectError
from affect.networks.spec import NetworkSpec
from affect.training.settings import Chain, Start, TrainConfig
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
        ("space={optimiser.learning_rat: {kind: uniform, low: 1, high: 2}}", "did you mean 'learning_rate'"),
        ("space={batch.size: {kind: choice, values: [1, large]}}", "cannot set batch.size to 'large'"),
        ("space={stages.cnn.epochs: {kind: choice, values: [1]}}", "there is no 'stages'"),
        ("search=grid", r"space\.optimiser\.learning_rate\.points"),
        ("prices.gpu_hour=-1", "greater than or equal to 0"),
        ("grace_epochs=5", "a trial has 4 epochs"),
        ("reduction_factor=1", "greater than 1"),
        ("mode=best", "max"),
    ],
)
def test_a_wrong_setting_is_named(config: SweepConfig, assignment: str, word: str) -> None:
    with pytest.raises(AffectError, match=word):
        config.override([assignment])


def test_how_many_trials_there_will_be(config: SweepConfig) -> None:
    assert config.planned == 16
    assert len(config.points()) == 16
    whole = config.override(["search=grid", "space.optimiser.learning_rate.points=3"])
    assert whole.planned == 6
    assert whole.override(["trials=4"]).points() == whole.points()[:4]
    assert config.override(["search=tpe", "trials=5"]).points() is None


def test_one_at_a_time_begins_with_the_run_as_it_is_and_stops_no_trial(config: SweepConfig) -> None:
    values = "{kind: choice, values: [0, 1]}"
    alone = config.override(
        ["search=one-at-a-time", f"space={{seed: {values}, batch.passes: {{kind: choice, values: [2, 1]}}}}"]
    )
    assert alone.points() == [
        {"seed": 0, "batch.passes": 1},
        {"seed": 1, "batch.passes": 1},
        {"seed": 0, "batch.passes": 2},
    ]
    assert alone.first_rung == config.train.epochs


@pytest.mark.parametrize(
    ("seconds", "rows", "budget"),
    [(7199, 999, ""), (7200, 0, "the budget of 2 hours"), (0, 1000, "the budget of 1,000 samples")],
)
def test_a_budget_is_used_up_where_it_is_reached(config: SweepConfig, seconds: float, rows: int, budget: str) -> None:
    assert config.override(["hours=2", "samples=1000"]).used_up(seconds, rows) == budget
    assert config.used_up(seconds, rows) == ""


def test_room_is_kept_for_the_largest_trial(config: SweepConfig) -> None:
    space = {"resources.workers": Choice(values=(1, 4, 2)), "batch.size": Choice(values=(64, 512))}
    assert config.model_copy(update={"space": space}).largest().workers == 4


def chain(*keys: str) -> SweepConfig:
    """Four stages: other is begun by nobody, cnn by rnn, and rnn by the last."""
    one = TrainConfig(recipe="small", network=NetworkSpec(encoder="arc-res"), epochs=4)
    return SweepConfig(
        recipe="chain",
        train=one.model_copy(update={"start": (Start(model="stage:rnn"),)}),
        stage="last",
        stages={"other": one, "cnn": one, "rnn": one.model_copy(update={"start": (Start(model="stage:cnn"),)})},
        space=dict.fromkeys(keys, Choice(values=(3, 5))),
        grace_epochs=1,
    )


@pytest.mark.parametrize(
    ("keys", "shared"),
    [
        (("epochs",), ["other", "cnn", "rnn"]),
        (("stages.last.epochs",), ["other", "cnn", "rnn"]),
        (("stages.rnn.epochs",), ["other", "cnn"]),
        (("epochs", "stages.cnn.epochs"), ["other"]),
    ],
)
def test_stages_that_no_parameter_reaches_are_trained_once(keys: tuple[str, ...], shared: list[str]) -> None:
    config = chain(*keys)
    assert config.shared() == shared
    run = config.resolve(dict.fromkeys(keys, 5), lambda stage: f"/sweep/{stage}")
    assert isinstance(run, Chain)
    assert run.given == {stage: f"/sweep/{stage}" for stage in shared}
    changed = {key.rsplit(".", 2)[-2] if key.startswith("stages.") else "last" for key in keys}
    assert {stage for stage, one in run.stages.items() if one.epochs == 5} == changed
    assert list(run.stages) == ["other", "cnn", "rnn", "last"]


def test_a_stage_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(AffectError, match=r"stages\.rn\.epochs names no stage; the stages are other, cnn, rnn, last"):
        chain("stages.rn.epochs")


def test_a_given_stage_is_not_trained_either() -> None:
    config = chain("epochs").override(["given.cnn=s3://store/cnn"])
    assert config.shared() == ["other", "rnn"]
    run = config.resolve({"epochs": 3}, lambda stage: f"/sweep/{stage}")
    assert run.given == {"cnn": "s3://store/cnn", "other": "/sweep/other", "rnn": "/sweep/rnn"}
