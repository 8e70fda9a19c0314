"""From a protocol and the rows at hand: what is trained, shared and measured, what is missing, what departs."""

import itertools
import shlex
from pathlib import Path

import pytest
import torch

from affect.catalogue import NETWORKS
from affect.errors import AffectError
from affect.networks import build
from affect.networks.parts import load_parts
from affect.pretrained import SOURCES
from affect.reproduction.holdings import Holdings
from affect.reproduction.protocol import ALL_SPLITS, Protocol
from affect.reproduction.route import Means, Route, command, departing, find_route
from affect.training.beginning import begin
from affect.training.settings import Chain, TrainConfig
from jobs.recipes import recipe
from tests.made_weights import write_source
from tests.reproduction.made_shelves import SPLITS, holdings, shelf

ARC = Protocol("bmvc2019/mt-arcres/fer2013", "fer2013", "test")
FINE_TUNED = Protocol("bmvc2019/mt-vgg/fer2013", "fer2013", "test")
PUBLIC = shelf("fer2013", size=48, splits=SPLITS - {"test"})
NARROW = ("network.width=0.25", "network.input_size=48")


def way(protocol: Protocol, held: Holdings, *settings: str, partial: bool = False, **means: object) -> Route:
    return find_route(recipe(protocol.recipe), protocol, Means(held, "/out", **means), settings, partial=partial)  # type: ignore[arg-type]


def missing(route: Route) -> list[str]:
    return [one.what for one in route.missing]


def test_a_chain_is_a_training_a_stage_each_beginning_with_the_one_before() -> None:
    route = way(FINE_TUNED, holdings("aff-wild", "aff-wild2", "fer2013"))
    assert [one.stage for one in route.trainings] == ["aff-wild", "aff-wild2", "fer2013"]
    for earlier, later in zip(route.trainings[:-1], route.trainings[1:], strict=True):
        assert later.config.start[0].model == earlier.uri
        assert later.config.data == (f"/rows/{later.stage}-96",)
    (measured,) = route.measurements
    assert (measured.training, measured.corpus, measured.split) == (route.trainings[-1], "fer2013", "test")
    assert not route.missing
    assert not route.departures


def test_figures_share_the_trainings_that_they_have_in_common() -> None:
    held = holdings("aff-wild", "aff-wild2", "fer2013", "raf-db")
    fer = way(FINE_TUNED, held)
    raf = way(Protocol("bmvc2019/mt-vgg/raf-db", "raf-db", "test"), held)
    across = way(Protocol("bmvc2019/mt-vgg/staged", "raf-db", "test"), held)
    recurrent = way(Protocol("bmvc2019/mt-vgg-rnn-visual/staged", "aff-wild2", "test"), held)
    for other in (raf, across, recurrent):
        assert [one.uri for one in other.trainings[:2]] == [one.uri for one in fer.trainings[:2]]
    assert raf.uri != across.uri


def test_other_folders_change_nothing_of_what_is_done_and_settings_of_workers_neither() -> None:
    few, more = (holdings(*names) for names in (("aff-wild2", "fer2013"), ("disfa", "aff-wild2", "fer2013", "imfdb")))
    assert way(ARC, few).uri == way(ARC, more).uri == way(ARC, few, "resources.workers=4").uri
    assert way(ARC, few).uri != way(ARC, few, "seed=1", partial=True).uri


def test_everything_that_is_missing_is_said_with_how_to_get_it() -> None:
    route = way(FINE_TUNED, Holdings(()))
    assert missing(route) == ["FER2013", "Aff-Wild2", "Aff-Wild"]
    assert (
        route.missing[0].how == "jobs.preprocess fer2013 --root WHERE_IT_LIES --out ROWS (docs/corpora.md: who has it)"
    )
    assert not route.trainings
    only_train = Holdings((shelf("aff-wild2"), shelf("fer2013", splits=SPLITS - {"test"})))
    assert missing(way(ARC, only_train)) == ["FER2013's test split (PrivateTest)"]
    assert missing(way(ARC, Holdings((shelf("aff-wild2"), PUBLIC)))) == ["FER2013 in crops of 96 pixels"]
    assert missing(way(Protocol("fbn2019/facebehaviornet-no-coupling", "disfa", "test"), holdings("disfa"))) == [
        "Aff-Wild", "Aff-Wild2", "AffectNet", "AFEW", "RAF-DB", "EmotioNet", "BP4D", "BP4D+", "weights vgg-face",
    ]  # fmt: skip


def test_a_partial_way_names_each_departure() -> None:
    route = way(FINE_TUNED, Holdings((PUBLIC,)), *NARROW, "epochs=3", partial=True)
    assert [one.stage for one in route.trainings] == ["fer2013"]
    assert route.trainings[0].config.start == ()
    assert route.departures == (
        "no Aff-Wild stage", "no Aff-Wild2 stage", "pictures of 48 pixels instead of 96", "width 1/4",
        "3 epochs instead of 10", "validation split (PublicTest) in place of test split (PrivateTest)",
    )  # fmt: skip
    assert route.measurements[0].split == "validation"


@pytest.mark.parametrize(
    ("splits", "measured"),
    [
        (("train", "validation"), "validation"),  # as the authors give it out
        (("train", "validation", "test"), "test"),  # jobs.partition --set within=train
    ],
)
def test_the_released_validation_set_is_measured_whatever_it_is_called(splits: tuple[str, ...], measured: str) -> None:
    protocol = Protocol("fbn2019/resnet-50-multi-task", "affectnet", "test", undivided="validation")
    route = way(protocol, Holdings((shelf("affectnet", splits=frozenset(splits)),)), partial=True)
    assert [one.split for one in route.measurements] == [measured]
    assert not any("split" in one for one in route.departures)


FEW_SHOT = "fbn2019/facebehaviornet-no-coupling-emotionet-compound/few-shot"
ZERO_SHOT = Protocol("fbn2019/facebehaviornet-no-coupling", "emotionet-compound", ALL_SPLITS, "zero-shot")


@pytest.mark.parametrize("splits", [("validation",), ("train", "validation", "test")])
def test_a_set_that_is_measured_as_a_whole_is_joined_however_it_is_divided(splits: tuple[str, ...]) -> None:
    held = Holdings((shelf("raf-db"), shelf("emotionet-compound", splits=frozenset(splits))))
    route = way(ZERO_SHOT, held, partial=True)
    assert [one.split for one in route.measurements] == list(splits)
    assert len({one.uri for one in route.measurements}) == len(splits)
    assert bool(route.joined) == (len(splits) > 1)
    assert len(route.trainings) == 1


def test_what_has_rows_but_none_to_train_on_is_to_be_divided() -> None:
    protocol = Protocol(FEW_SHOT, "emotionet-compound", "test")
    whole = shelf("emotionet-compound", splits=frozenset({"validation"}))
    lacking = {one.what: one.how for one in way(protocol, Holdings((whole,))).missing}
    assert "EmotioNet (compound)'s train split" in lacking
    how = lacking["EmotioNet (compound)'s train split"]
    assert "jobs.partition emotionet-compound --root WHERE_IT_LIES --out DIVIDED" in how
    divided = way(protocol, holdings("emotionet-compound"), partial=True)
    assert divided.trainings[-1].config.data == ("/rows/emotionet-compound-96",)
    assert [one.split for one in divided.measurements] == ["test"]


def test_what_was_trained_on_other_corpora_has_no_partial_way() -> None:
    across = Protocol("bmvc2019/mt-vgg/staged", "fer2013", "test")
    route = way(across, Holdings((PUBLIC,)), *NARROW, partial=True)
    assert missing(route) == ["Aff-Wild2"]
    assert not route.trainings


def test_an_early_stage_that_nothing_begins_with_is_not_trained() -> None:
    """With Aff-Wild and no Aff-Wild2 the third stage cannot begin with the second, and the first serves nothing."""
    route = way(FINE_TUNED, holdings("aff-wild", "fer2013"), partial=True)
    assert [one.stage for one in route.trainings] == ["fer2013"]
    assert "no Aff-Wild2 stage" in route.departures


def test_some_of_several_corpora_make_a_partial_way() -> None:
    protocol = Protocol("fbn2019/facebehaviornet-no-coupling", "aff-wild2", "test")
    route = way(protocol, holdings("aff-wild2", "raf-db"), partial=True)
    assert route.trainings[0].config.data == ("/rows/aff-wild2-96", "/rows/raf-db-96")
    assert route.departures[0] == "without Aff-Wild"
    assert route.departures[-1] == "random weights in place of vgg-face"


def test_weights_from_outside() -> None:
    held = Holdings((shelf("aff-wild", size=224),))
    protocol = Protocol("ijcv2019/vgg-face", "aff-wild", "test")
    assert missing(way(protocol, held)) == ["weights vgg-face"]
    route = way(protocol, held, weights={"vgg-face": "/weights/vgg"})
    assert route.trainings[0].config.pretrained["image"].uri == "/weights/vgg"


WITH_SOURCES = {
    "ijcv2019/cnn-m": "facevalue-cnn-m",
    "ijcv2019/vgg-face": "vgg-face",
    "ijcv2019/vgg-16": "imagenet-vgg-16",
    "ijcv2019/resnet-50/fixed-cnn": "imagenet-resnet-50",
    "ext2018/resnet2-gru": "vggface2-resnet-50",
    "ext2018/densenet-lstm-attention": "imagenet-densenet-121",
    "fbn2019/alexnet-va": "imagenet-alexnet",
    # Chains, whose later stages begin with the first.
    "ijcv2019/affwildnet/recola": "vgg-face",
    "ijcv2019/affwildnet-resnet-50/staged": "imagenet-resnet-50",
    "ext2018/densenet-gru/strategy-iii": "imagenet-densenet-121",
    "fbn2019/facebehaviornet-all-coupling-raf-db-compound/few-shot": "vgg-face",
}
"""Recipes that begin with published weights, every source among them."""


def test_a_recipe_of_every_source_is_tried() -> None:
    stages = [one for name in NETWORKS if isinstance(one := recipe(name), TrainConfig)]
    assert {name for stage in stages for name in stage.weights if name in SOURCES} == set(WITH_SOURCES.values())


@pytest.mark.parametrize("name", WITH_SOURCES)
def test_published_weights_are_loaded_and_every_stage_goes_on_with_their_pictures(tmp_path: Path, name: str) -> None:
    source = WITH_SOURCES[name]
    chain = recipe(name)
    stages = list(chain.stages.values()) if isinstance(chain, Chain) else [chain]
    rows = {(corpus, stage.network.input_size) for stage in stages for corpus in stage.corpora}
    held = Holdings(tuple(shelf(corpus, size=size) for corpus, size in rows))
    uri = write_source(tmp_path, source, stages[0].network)
    route = way(Protocol(name, stages[-1].corpora[0], "test"), held, weights={source: uri})
    with torch.device("meta"):
        first, *later = [one.config for one in route.trainings]
        begin(first)
        for before, config in itertools.pairwise([first, *later]):
            assert load_parts(build(config.network), build(before.network), config.start[0].parts)
    assert len(route.trainings) == len(stages)
    assert not route.departures


@pytest.mark.parametrize("cnn", ["vggface2", "vggface12", "resnet1", "resnet12"])
def test_a_run_gives_the_whole_cnn(cnn: str) -> None:
    """For VGGFACE with its first fully connected layer, and none takes the run of the other network."""
    run = f"pretrain-identity/{cnn}"
    protocol = Protocol(f"ext2018/{cnn}-gru", "aff-wild2", "test")
    assert missing(way(protocol, holdings("aff-wild2"))) == [f"weights {run}"]
    (training,) = way(protocol, holdings("aff-wild2"), weights={run: "/runs/identity"}).trainings
    (start,) = training.config.start
    assert start.model == "/runs/identity"
    chain = recipe(run)
    (*_, made) = chain.stages.values() if isinstance(chain, Chain) else [chain]
    with torch.device("meta"):
        before = build(made.network.model_copy(update={"identities": ("one", "another")}))
        network = build(training.config.network)
        taken = load_parts(network, before, start.parts)
    assert {name for name in network.state_dict() if name not in taken} == {
        name for name in network.state_dict() if ".recurrent." in name or name.startswith("heads.")
    }


@pytest.mark.parametrize(("name", "weights"), [("vggface12", "pretrain-identity/vggface12"), ("vggface1", "vgg-face")])
def test_what_a_training_begins_with_makes_it_another(name: str, weights: str) -> None:
    protocol, held = Protocol(f"ext2018/{name}-gru", "aff-wild2", "test"), holdings("aff-wild2")
    one, other, at_random = (way(protocol, held, weights=given, partial=True)
                             for given in ({weights: "/one"}, {weights: "/other"}, {}))  # fmt: skip
    assert len({one.uri, other.uri, at_random.uri}) == 3


def test_rows_whose_labels_are_made_otherwise_are_given_for_their_recipe() -> None:
    name = "ijcv2019/vgg-face/one-annotator"
    protocol = Protocol(name, "aff-wild", "test")
    weights = {"vgg-face": "/weights/vgg"}
    assert missing(way(protocol, Holdings((shelf("aff-wild", size=224),)), weights=weights))[0] == (
        "rows with labels of its own"
    )
    own = Holdings((shelf("aff-wild2", size=224),))
    route = way(protocol, Holdings(()), weights=weights, rows={name: own})
    assert not route.missing
    assert route.measurements[0].corpus == "aff-wild2"


def test_each_fold_has_its_rows_and_all_are_joined() -> None:
    protocol = Protocol("ijcv2019/vgg-face-without-landmarks/afew-va", "afew-va", "test", "folds")
    weights = {"vgg-face": "/weights/vgg"}
    folds = [shelf("afew-va", size=224, fold=number) for number in range(5)]
    route = way(protocol, Holdings(tuple(folds)), weights=weights)
    assert [one.data for one in route.measurements] == [(one.folder,) for one in folds]
    assert len(route.trainings) == 5
    assert route.uri == route.joined
    assert missing(way(protocol, Holdings(tuple(folds[:4])), weights=weights)) == ["AFEW-VA in folds"]


def test_zero_shot_is_another_measurement_of_the_same_model() -> None:
    held = holdings(
        "aff-wild", "aff-wild2", "affectnet", "afew", "raf-db", "emotionet", "disfa", "bp4d", "bp4d-plus",
        "raf-db-compound",
    )  # fmt: skip
    weights = {"vgg-face": "/weights/vgg"}
    name = "fbn2019/facebehaviornet-no-coupling"
    whole = way(Protocol(name, "raf-db", "test"), held, weights=weights)
    zero = way(Protocol(name, "raf-db-compound", "test", "zero-shot"), held, weights=weights)
    assert zero.trainings == whole.trainings
    assert (zero.measurements[0].zero_shot, whole.measurements[0].zero_shot) == ("raf-db", "")


@pytest.mark.parametrize("protocol", [ARC, FINE_TUNED, Protocol("fbn2019/resnet-50-multi-task", "raf-db", "test")])
def test_the_command_of_a_training_says_all_of_it(protocol: Protocol) -> None:
    route = way(protocol, holdings("aff-wild", "aff-wild2", "fer2013", "raf-db"), "batch.length=7", partial=True)
    for training in route.trainings:
        base = recipe(training.config.recipe)
        assert isinstance(base, TrainConfig)
        words = shlex.split(command(training, base))
        given = {option: [words[place + 1] for place, word in enumerate(words) if word == option]
                 for option in ("--data", "--set", "--out")}  # fmt: skip
        again = recipe(words[3])
        assert isinstance(again, TrainConfig)
        assert again.override(given["--set"]).model_copy(update={"data": tuple(given["--data"])}) == training.config
        assert given["--out"] == [training.uri]


def test_settings_that_change_what_is_learnt() -> None:
    assert departing(["resources.workers=2", "epochs=1", "follow.steps=5", "compute.parts=2"]) == ["epochs=1"]


@pytest.mark.parametrize("setting", ["corpora=[fer2013]", "data=[/rows]", "start=[]", "pretrained.image.uri=/weights"])
def test_what_a_training_sees_and_begins_with_is_not_set(setting: str) -> None:
    with pytest.raises(AffectError, match="rows are given with --data"):
        departing([setting])
