"""Every recipe of the papers: a whole configuration, a small form that fits two cores, stages in order."""

import pytest

from affect.catalogue import NETWORKS
from affect.errors import AffectError
from affect.networks.parts import load_parts
from affect.networks.size import measure
from affect.objectives import MultiTask
from affect.training.settings import STAGE, Chain, Start, TrainConfig
from jobs.recipes import TRAIN_RECIPES, recipe

CHAINS = [name for name, make in TRAIN_RECIPES.items() if isinstance(make(), Chain)]


def runs(config: TrainConfig | Chain) -> list[TrainConfig]:
    return [config] if isinstance(config, TrainConfig) else list(config.stages.values())


def test_every_network_of_the_papers_has_a_recipe() -> None:
    assert set(NETWORKS) <= set(TRAIN_RECIPES)
    for name in NETWORKS:
        (config,) = runs(recipe(name))
        assert config.network == NETWORKS[name].spec
        assert config.objective == NETWORKS[name].objective


@pytest.mark.parametrize("name", TRAIN_RECIPES)
def test_a_recipe_and_its_small_form(name: str) -> None:
    full, small = recipe(name), recipe(name, small=True)
    assert full.recipe == name
    assert full.paper
    for config, narrow in zip(runs(full), runs(small), strict=True):
        assert type(full).from_yaml(full.to_yaml()) == full
        MultiTask(config.objective, config.network)
        assert narrow.network.takes == config.network.takes
        assert narrow.network.heads == config.network.heads
        assert narrow.batch.balance == config.batch.balance
        assert measure(narrow.network).parameters < 2.6e6
        assert measure(narrow.network).multiply_adds < 2.5e8


@pytest.mark.parametrize(
    ("name", "optimiser", "rate", "size", "length"),
    [
        ("ijcv2019/cnn-m", "adam", 1e-3, 80, None),
        ("ijcv2019/vgg-face", "adam", 1e-3, 50, None),
        ("ext2018/vggface1-gru-attention", "adam", 1e-3, 4, 80),
        ("bmvc2019/mt-vgg", "adam", 1e-4, 256, None),
        ("bmvc2019/mt-vgg-rnn-visual", "adam", 1e-5, 10, 90),
        ("bmvc2019/av-mt-vgg-rnn", "adam", 1e-5, 5, 90),
        ("bmvc2019/mt-arcvgg", "sgd", 1e-4, 300, None),
        ("fbn2019/facebehaviornet-no-coupling", "adam", 1e-4, 401 + 247 + 103, None),
    ],
)
def test_hyperparameters_of_the_papers(name: str, optimiser: str, rate: float, size: int, length: int | None) -> None:
    (config,) = runs(recipe(name))
    assert (config.optimiser.name, config.optimiser.learning_rate) == (optimiser, rate)
    assert config.batch.size == size
    assert length is None or config.batch.length == length
    if name.startswith("ext2018"):
        assert (config.schedule.name, config.schedule.every, config.schedule.factor) == ("exponential", 400, 0.97)


@pytest.mark.parametrize("name", CHAINS)
def test_stages_fit_together(name: str) -> None:
    """What a stage begins with is there in the stage before, in the same shapes."""
    import torch

    from affect.networks import build

    stages = recipe(name, small=True).stages
    with torch.device("meta"):
        built = {stage: build(config.network) for stage, config in stages.items()}
    starts = 0
    for stage, config in stages.items():
        for start in config.start:
            assert load_parts(built[stage], built[start.model.removeprefix(STAGE)], start.parts)
            starts += 1
    assert starts >= 1


def test_a_stage_cannot_begin_with_a_later_one() -> None:
    later = recipe("bmvc2019/mt-vgg").model_copy(update={"start": (Start(model=f"{STAGE}second"),)})
    with pytest.raises(AffectError, match="stage first begins with stage 'second', which is not before it"):
        Chain.parse({"recipe": "x", "stages": {"first": later.model_dump(), "second": later.model_dump()}})
