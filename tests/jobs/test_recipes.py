"""Every recipe of the papers: a whole configuration, a small form that fits two cores, stages in order."""

import itertools

import pytest
import torch

from affect.annotation.settings import AnnotationSettings
from affect.catalogue import NETWORKS
from affect.corpora import CORPORA
from affect.errors import AffectError
from affect.networks import build
from affect.networks.parts import freeze, load_parts
from affect.networks.size import measure
from affect.objectives import MultiTask
from affect.training.settings import STAGE, Chain, Start, TrainConfig
from jobs.recipes import TRAIN_RECIPES, recipe
from jobs.recipes.sample import replaced

CHAINS = [name for name, make in TRAIN_RECIPES.items() if isinstance(make(), Chain)]


def runs(config: TrainConfig | Chain) -> list[TrainConfig]:
    return [config] if isinstance(config, TrainConfig) else list(config.stages.values())


def test_every_network_of_the_papers_has_a_recipe() -> None:
    assert set(NETWORKS) <= set(TRAIN_RECIPES)
    for name in NETWORKS:
        (config,) = runs(recipe(name))
        assert config.weights == NETWORKS[name].pretrained
        assert ", ".join(config.tables) == NETWORKS[name].tables
        assert config.network == NETWORKS[name].spec
        assert config.objective == NETWORKS[name].objective


@pytest.mark.parametrize("name", TRAIN_RECIPES)
def test_a_recipe_and_its_small_form(name: str) -> None:
    full, small = recipe(name), recipe(name, small=True)
    assert full.recipe == name
    assert full.paper
    assert type(full).from_yaml(full.to_yaml()) == full
    for config, narrow in zip(runs(full), runs(small), strict=True):
        MultiTask(config.objective, config.network)
        assert set(config.corpora) <= set(CORPORA)
        assert narrow.network.takes == config.network.takes
        assert narrow.network.heads == config.network.heads
        assert narrow.batch.balance == config.batch.balance
        # The rows of the sample corpus serve all, and what it lacks is told.
        assert set(narrow.corpora) <= {"sample-identities"}
        assert not narrow.weights
        assert bool(replaced(config)) == bool(
            config.weights or config.labels or config.network.compounds or (config.frozen and not config.start)
        )
        spec = narrow.network
        if "identity" in spec.heads:
            spec = spec.model_copy(update={"identities": tuple("abcdefgh")})
        assert measure(spec).parameters < 2.6e6
        assert measure(spec).multiply_adds < 2.5e8


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
        ("fbn2019/vgg-face-va/affectnet", "adam", 1e-4, 401, None),
        ("ijcv2019/affwildnet", "adam", 1e-3, 4, 20),
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
    stages = recipe(name, small=True).stages
    named = {"identities": ("one", "another")}
    specs = {
        stage: config.network.model_copy(update=named if "identity" in config.network.heads else {})
        for stage, config in stages.items()
    }
    with torch.device("meta"):
        built = {stage: build(spec) for stage, spec in specs.items()}
    starts = 0
    for stage, config in stages.items():
        for start in config.start:
            assert load_parts(built[stage], built[start.model.removeprefix(STAGE)], start.parts)
            starts += 1
    assert starts >= 1 or set(stages) == {f"fold-{fold}" for fold in range(5)}


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        (
            "bmvc2019/mt-vgg-rnn-visual/staged",
            {"aff-wild": ("aff-wild",), "cnn": ("aff-wild2",), "cnn-rnn": ("aff-wild2",)},
        ),
        ("bmvc2019/mt-arcvgg/raf-db", {"aff-wild2": ("aff-wild2",), "raf-db": ("raf-db",)}),
        ("bmvc2019/mt-vgg/fer2013", {"aff-wild": ("aff-wild",), "aff-wild2": ("aff-wild2",), "fer2013": ("fer2013",)}),
        ("ijcv2019/affwildnet/recola", {"aff-wild": ("aff-wild",), "recola": ("recola",)}),
        ("ext2018/vggface1-gru-attention/recola", {"aff-wild2": ("aff-wild2",), "recola": ("recola",)}),
        ("pretrain-identity/vggface12", {"vggface": ("vggface",), "vggface2": ("vggface2",)}),
    ],
)  # fmt: skip
def test_stages_have_the_corpora_of_the_papers(name: str, stages: dict[str, tuple[str, ...]]) -> None:
    assert {stage: config.corpora for stage, config in recipe(name).stages.items()} == stages


def test_an_identity_network_begins_the_papers_cnn_rnn() -> None:
    """What pre-training on identities makes is what VGGFACE's and ResNet-50's networks of EXT 2018 have."""
    for ours, theirs, parts in (
        ("vggface1", "vggface12-gru", ("streams.image.encoder", "streams.image.fully_connected.0")),
        ("resnet1", "resnet1-gru", ("streams.image.encoder",)),
    ):
        spec = recipe(f"pretrain-identity/{ours}").network.model_copy(update={"identities": ("one", "another")})
        with torch.device("meta"):
            assert load_parts(build(recipe(f"ext2018/{theirs}").network), build(spec), parts)


ENCODER, FIRST_LAYER = "streams.image.encoder", "streams.image.fully_connected.0"


@pytest.mark.parametrize(
    ("cnn", "fixed"),
    [
        ("vggface2-gru", (ENCODER, FIRST_LAYER)),
        ("vggface12-lstm-attention", (ENCODER, FIRST_LAYER)),
        ("vggface12-gru-pooled", (ENCODER,)),
        ("resnet1-gru", (ENCODER,)),
        ("vggface1-gru", (ENCODER,)),  # the published file has no such layer for 96 pixels
    ],
)
def test_the_recurrent_part_alone_is_trained_on_a_fixed_cnn(cnn: str, fixed: tuple[str, ...]) -> None:
    """Strategies (i) and (iii) of EXT 2018; all that is not fixed in the second is trained."""
    (config,) = runs(recipe(f"ext2018/{cnn}/strategy-i"))
    recurrent, everything = runs(recipe(f"ext2018/{cnn}/strategy-iii"))
    assert config.frozen == recurrent.frozen == fixed
    assert not everything.frozen
    with torch.device("meta"):
        network = build(config.network)
    freeze(network, config.frozen)
    trained = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    random = set() if len(fixed) == 2 or not config.network.fully_connected else {FIRST_LAYER}
    left = {name.rpartition(".")[0] for name in trained if ".recurrent." not in name and "heads." not in name}
    assert left == random


@pytest.mark.parametrize(
    ("which", "choose"), [("one-annotator", "landmarks"), ("mean-of-annotators", "most-correlated")]
)
def test_the_labels_of_table_11_are_made_without_a_filter(which: str, choose: str) -> None:
    """The filter is EXT 2018's; IJCV 2019 compares a trace as it is with the mean of several."""
    words = recipe(f"ijcv2019/vgg-face/{which}").labels.replace(",", "").split()
    given = [word for option, word in itertools.pairwise(words) if option == "--set"]
    assert AnnotationSettings().override(given) == AnnotationSettings(choose=choose, median_filter=1)


def test_a_given_stage_takes_the_place_of_a_trained_one() -> None:
    chain = recipe("bmvc2019/mt-vgg/imfdb").override(["given.aff-wild2=s3://store/mt-vgg"])
    assert chain.started("imfdb", lambda name: f"run/{name}").start[0].model == "s3://store/mt-vgg"
    assert chain.started("aff-wild2", lambda name: f"run/{name}").start[0].model == "run/aff-wild"
    for given, message in (("afwild", "the stages are"), ("imfdb", "nothing to train")):
        with pytest.raises(AffectError, match=message):
            recipe("bmvc2019/mt-vgg/imfdb").override([f"given.{given}=x"])


def test_a_stage_cannot_begin_with_a_later_one() -> None:
    later = recipe("bmvc2019/mt-vgg").model_copy(update={"start": (Start(model=f"{STAGE}second"),)})
    with pytest.raises(AffectError, match="stage first begins with stage 'second', which is not before it"):
        Chain.parse({"recipe": "x", "stages": {"first": later.model_dump(), "second": later.model_dump()}})
