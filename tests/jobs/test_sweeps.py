"""Sweeps of every recipe: what is searched of each."""

import shlex

import pytest

from affect.errors import AffectError
from affect.training.settings import TrainConfig
from affect.tuning.commands import trial_commands
from affect.tuning.results import Sweep
from affect.tuning.settings import SweepConfig
from affect.tuning.space import Choice, LogUniform
from affect.tuning.trials import last_of, new_trial, run_of
from jobs.recipes import TRAIN_RECIPES, recipe
from jobs.recipes.bmvc2019_sweeps import ARCFACE
from jobs.recipes.sweeps import SWEEP_RECIPES, sweep_recipe
from jobs.train import with_data as train_with_data
from jobs.tune import with_data


@pytest.mark.parametrize("small", [False, True])
def test_every_recipe_is_a_sweep_whose_trials_are_that_recipe(small: bool) -> None:
    for name in TRAIN_RECIPES:
        config = sweep_recipe(name, small=small)
        run, given = recipe(name, small=small), config.resolve({})
        assert type(given) is type(run), name
        assert config.paper, name
        assert last_of(given).network == last_of(run).network, name
        assert last_of(given).resources.max_failures == 0, name
        if not isinstance(run, TrainConfig):
            folds = [stage for stage in run.stages if stage.startswith("fold-")][:-1]
            assert list(given.stages) == [stage for stage in run.stages if stage not in folds], name
            assert config.shared() == list(given.stages)[:-1], name


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("bmvc2019/mt-vgg", 1e-5, 1e-4),
        ("bmvc2019/mt-vgg-rnn-visual", 1e-6, 1e-4),
        ("bmvc2019/av-mt-vgg-rnn", 1e-6, 1e-3),
        ("bmvc2019/mt-arcvgg", 1e-5, 1e-4),
        ("ijcv2019/vgg-face", 1e-4, 1e-3),
        ("ext2018/vggface1-gru-attention", 1e-4, 1e-2),
        ("fbn2019/facebehaviornet-no-coupling", 1e-5, 1e-3),
    ],
)
def test_rates_are_searched_where_the_papers_did_or_around_what_they_took(name: str, low: float, high: float) -> None:
    found = sweep_recipe(name).space["optimiser.learning_rate"]
    assert isinstance(found, LogUniform)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_arcface_networks_get_the_papers_search_in_chains_too() -> None:
    assert sweep_recipe("bmvc2019/mt-arcres/fer2013").space == ARCFACE
    assert sweep_recipe("bmvc2019/arcface").space == ARCFACE


def test_what_begins_with_another_model_keeps_its_recurrent_part() -> None:
    fresh, begun = sweep_recipe("ijcv2019/affwildnet"), sweep_recipe("ijcv2019/affwildnet/recola")
    assert fresh.space["network.recurrent.units"] == Choice(values=(100, 128, 150))
    assert list(begun.space) == ["optimiser.learning_rate"]


def test_a_small_one_searches_around_its_own_rate() -> None:
    config = sweep_recipe("bmvc2019/mt-vgg", small=True)
    rate = config.space["optimiser.learning_rate"]
    assert rate.low < config.train.optimiser.learning_rate < rate.high
    assert config.recipe == "bmvc2019/mt-vgg/small"


def test_a_sweep_of_a_chain_survives_its_yaml_and_takes_settings_of_its_stages() -> None:
    config = sweep_recipe("bmvc2019/mt-vgg/fer2013").override(
        ["stages.aff-wild.epochs=2", "train.epochs=3",
         "space={stages.aff-wild2.batch.size: {kind: choice, values: [32, 64]}}"]
    )  # fmt: skip
    assert SweepConfig.from_yaml(config.to_yaml()) == config
    run = config.resolve({"stages.aff-wild2.batch.size": 32})
    assert [one.epochs for one in run.stages.values()] == [2, 10, 3]
    assert run.stages["aff-wild2"].batch.size == 32
    assert config.shared() == ["aff-wild"]


@pytest.mark.parametrize(
    ("name", "small"),
    [("ijcv2019/affwildnet/afew-va", False), ("bmvc2019/mt-arcres/fer2013", True), ("bmvc2019/mt-vgg", True)],
)
def test_the_command_of_a_trial_trains_exactly_it(name: str, small: bool) -> None:
    config = with_data(sweep_recipe(name, small=small), ["/rows"])
    key = "optimiser.learning_rate"
    trial = new_trial(config, "/runs/s", "003", {key: 0.00012345})
    words = shlex.split(trial_commands(Sweep(name, "/runs/s", "score", "max", 9), trial, recipe)["Train it again"])
    assert words[:4] == ["python", "-m", "jobs.train", name]
    assert ("--small" in words) == small
    options = words[5 if small else 4 :]
    pairs = list(zip(options[::2], options[1::2], strict=True))
    assert pairs[:2] == [("--out", "/runs/s-003"), ("--data", "/rows")]
    again = recipe(name, small=small).override([value for option, value in pairs if option == "--set"])
    expected = run_of(trial)
    again = train_with_data(again, ["/rows"])
    assert again.model_copy(update={"paper": "", "tables": ()}) == expected.model_copy(
        update={"paper": "", "tables": ()}
    )


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(AffectError, match="did you mean 'bmvc2019/mt-vgg'"):
        sweep_recipe("bmvc2019/mt-vg")
    with pytest.raises(AffectError, match="did you mean 'sample/arcface'"):
        sweep_recipe("sample/arcfac")
    assert set(SWEEP_RECIPES).isdisjoint(TRAIN_RECIPES)
