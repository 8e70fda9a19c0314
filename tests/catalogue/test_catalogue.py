"""Every network of the papers: it is whole, it has the size its layers add up to, and each row of a table has one."""

import itertools

import pytest

from affect.catalogue import NETWORKS, PAPERS, network
from affect.errors import AffectError
from affect.labels import ACTION_UNITS, AFF_WILD2_ACTION_UNITS
from affect.networks.size import measure
from affect.objectives import MultiTask
from affect.pretrained import SOURCES
from jobs.recipes import TRAIN_RECIPES

VGG = 9 * (3 * 64 + 64 * 64 + 64 * 128 + 128 * 128 + 128 * 256 + 2 * 256 * 256 + 256 * 512 + 5 * 512 * 512) + (
    2 * 64 + 2 * 128 + 3 * 256 + 6 * 512
)
RESNET = 25_557_032 - (2048 * 1000 + 1000)  # as torchvision prints for resnet50, less its classifier
DENSENET = 7_978_856 - (1024 * 1000 + 1000)
ALEXNET = 61_100_840 - (9216 * 4096 + 4096 + 4096 * 4096 + 4096 + 4096 * 1000 + 1000)
LANDMARKS = 2 * 68


def linear(before: int, *units: int) -> int:
    sizes = [before, *units]
    return sum(a * b + b for a, b in itertools.pairwise(sizes))


def gru(features: int, units: int = 128, layers: int = 2) -> int:
    return sum(3 * (before + units + 2) * units for before in [features, *[units] * (layers - 1)])


def lstm(features: int, units: int = 128) -> int:
    return sum(4 * (before + units + 2) * units for before in (features, units))


def peephole(features: int, units: int = 128) -> int:
    return sum(4 * (before + units + 1) * units + 3 * units for before in (features, units))


def indrnn(features: int, units: int = 128) -> int:
    return sum((before + 2) * units for before in (features, units))


def attention(features: int, state: int, units: int = 128) -> int:
    """Input, query, key, score and output layers."""
    return linear(features + units, features) + linear(state, units) + units * units + units + linear(2 * units, units)


SIZES = {
    "ijcv2019/cnn-m": (
        49 * 3 * 96 + 25 * 96 * 256 + 9 * (256 * 512 + 2 * 512 * 512) + 3 * (96 + 256 + 3 * 512)
        + linear(7 * 7 * 512, 4096, 2)
    ),
    "ijcv2019/vgg-face": VGG + linear(7 * 7 * 512 + LANDMARKS, 4096, 2048, 2),
    "ijcv2019/vgg-face-without-landmarks": VGG + linear(7 * 7 * 512, 4096, 2048, 2),
    "ijcv2019/resnet-50": RESNET + linear(2048 + LANDMARKS, 1500, 256, 2),
    "ijcv2019/resnet-gru": RESNET + gru(2048) + linear(128, 2),
    "ijcv2019/affwildnet": VGG + linear(7 * 7 * 512 + LANDMARKS, 4096) + gru(4096) + linear(128, 2),
    "ijcv2019/affwildnet-1x150": VGG + linear(7 * 7 * 512 + LANDMARKS, 4096) + gru(4096, 150, 1) + linear(150, 2),
    "ijcv2019/affwildnet-lstm": VGG + linear(7 * 7 * 512 + LANDMARKS, 4096) + peephole(4096) + linear(128, 2),
    "ijcv2019/affwildnet-second-fc": VGG + linear(7 * 7 * 512 + LANDMARKS, 4096, 2048) + gru(2048) + linear(128, 2),
    "ijcv2019/affwildnet-resnet-50": RESNET + linear(2048 + LANDMARKS, 1500) + gru(1500) + linear(128, 2),
    "ijcv2019/affwildnet-emotiw": VGG + linear(7 * 7 * 512, 4096) + gru(4096) + linear(128, 7),
    "ext2018/vggface1-lstm": VGG + linear(4608, 4096) + lstm(4096) + linear(128, 2),
    "ext2018/vggface1-indrnn-pooled": VGG + indrnn(512) + linear(128, 2),
    "ext2018/vggface1-gru-attention": VGG + linear(4608, 4096) + gru(4096) + attention(4096, 2 * 128) + linear(128, 2),
    "ext2018/resnet2-lstm-attention": RESNET + lstm(2048) + attention(2048, 4 * 128) + linear(128, 2),
    "ext2018/densenet-indrnn-attention": DENSENET + indrnn(1024) + attention(1024, 2 * 128) + linear(128, 2),
    "bmvc2019/mt-vgg": VGG + linear(4608, 4096, 4096, 2 + 7 + 8),
    "bmvc2019/st-vgg-au": VGG + linear(4608, 4096, 4096, 8),
    "bmvc2019/mt-sphereface": 11_660_096 + linear(6 * 6 * 512, 512, 2 + 7 + 8),
    "bmvc2019/mt-inception-resnet": 22_564_096 + linear(1792, 2 + 7 + 8),
    "bmvc2019/mt-vgg-rnn-audio": VGG + linear(4608, 4096) + gru(4096) + linear(128, 2 + 7 + 8),
    "bmvc2019/av-mt-vgg-rnn": 2 * (VGG + linear(4608, 4096) + gru(4096)) + gru(256) + linear(128, 2 + 7 + 8),
    "bmvc2019/mt-arcres": 11_664_768 + 6 * 6 * 512 * 512 + 2 * 512 + linear(512, 2 + 8) + 512 * 7,
    "bmvc2019/mt-arcvgg-expr": VGG + 4608 * 512 + 2 * 512 + 512 * 7,
    "fbn2019/facebehaviornet-no-coupling": VGG + linear(4608, 4096, 4096, 2 + 7 + 17),
    "fbn2019/facebehaviornet-all-coupling-raf-db-compound": VGG + linear(4608, 4096, 4096, 11),
    "fbn2019/resnet-50-multi-task": RESNET + linear(2048, 2 + 7 + 17),
    "fbn2019/densenet-121-multi-task": DENSENET + linear(1024, 2 + 7 + 17),
    "fbn2019/alexnet-va": ALEXNET + linear(9216, 4096, 4096, 2),
}  # fmt: skip
"""Each kind of encoder, recurrent part and head; the encoders' own sizes are derived in their own tests."""


@pytest.mark.parametrize("name", SIZES)
def test_parameters_add_up(name: str) -> None:
    assert measure(NETWORKS[name].spec).parameters == SIZES[name]


def test_multiply_adds_are_those_the_layers_have() -> None:
    sides = {64: 96, 128: 48, 256: 24, 512: 12}
    convolutions = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256), (256, 512)]
    products = sum(9 * a * b * sides[b] ** 2 for a, b in convolutions) + 2 * 9 * 512 * 512 * 12**2
    products += 3 * 9 * 512 * 512 * 6**2 + 4608 * 4096 + 4096 * 4096 + 4096 * 17
    assert measure(NETWORKS["bmvc2019/mt-vgg"].spec).multiply_adds == products


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_whole(name: str) -> None:
    entry = NETWORKS[name]
    size = measure(entry.spec)
    assert size.parameters > 1e6
    assert size.multiply_adds > 1e8
    MultiTask(entry.objective, entry.spec)  # has a loss for each head
    assert name.partition("/")[0] in PAPERS
    for first in entry.pretrained:
        if first in SOURCES:
            assert entry.spec.encoder in SOURCES[first].encoders
        else:
            assert first in TRAIN_RECIPES or first == "Aff-Wild"


def test_each_row_of_a_table_is_one_kind_of_network() -> None:
    rows: dict[tuple[str, str, str], list[str]] = {}
    for name, entry in NETWORKS.items():
        for row in entry.rows:
            rows.setdefault((name.partition("/")[0], *row), []).append(name)
    shared = {row: names for row, names in rows.items() if len(names) > 1}
    # Single-task rows print a figure for each task, few-shot rows one for each corpus.
    assert {row[2] for row in shared} == {
        "st-vgg", "st-sphereface", "st-inception-resnet",
        "facebehaviornet/no-coupling/fine-tuned", "facebehaviornet/all-coupling/fine-tuned",
    }  # fmt: skip
    # 96 of the papers' own, and AlexNet's three.
    assert len(rows) == 99


@pytest.mark.parametrize(
    ("name", "units"), [("bmvc2019/mt-vgg", AFF_WILD2_ACTION_UNITS), ("fbn2019/resnet-50-multi-task", ACTION_UNITS)]
)
def test_action_units(name: str, units: tuple[int, ...]) -> None:
    assert NETWORKS[name].spec.action_units == units


def test_unknown_name() -> None:
    with pytest.raises(AffectError, match="no network 'bmvc2019/mt-vg'; did you mean 'bmvc2019/mt-vgg'"):
        network("bmvc2019/mt-vg")
