"""The printed figures are all there, are what they can be, and agree where the papers print a figure twice."""

from collections import Counter

import pytest

from affect.catalogue import NETWORKS
from affect.catalogue.published_results import (
    CLASS_ACCURACY,
    CORPORA,
    LEADERBOARD,
    ResultTable,
    published_results,
    published_tables,
)
from affect.corpora import CORPORA as READERS
from affect.errors import AffectError
from affect.labels import EXPRESSIONS
from affect.metrics.defaults import DEFAULTS

RESULTS = published_results()

COUNTS = {
    "ijcv2019": {"5": 4, "6": 12, "9": 12, "10": 8, "11": 8, "12": 8, "13": 8, "14": 12, "15": 4, "16": 4, "17": 4,
                 "18": 48, "19": 18},
    "ext2018": {"IV": 36, "V": 36, "VI": 12, "VII": 24, "VIII": 6},
    "bmvc2019": {"5": 41, "6": 36, "7": 13, "8": 19},
    "fbn2019": {"2": 48, "3": 22, "4": 12, "5": 18, "6": 112, "7": 16},
    LEADERBOARD: {"related": 8},
}  # fmt: skip
"""Cells with a number, counted in print."""


def value(paper: str, table: str, network: str, corpus: str, metric: str, split: str | None = None) -> float:
    (found,) = {
        one.value
        for one in published_results(paper, table)
        if (one.network, one.column.corpus, one.column.metric) == (network, corpus, metric)
        and split in (None, one.column.split)
    }
    return found


def test_every_cell_is_there_once() -> None:
    found: dict[str, Counter[str]] = {}
    for one in RESULTS:
        found.setdefault(one.paper, Counter())[one.table] += 1
    assert found == COUNTS
    assert len({one.key for one in RESULTS}) == len(RESULTS) == 609


def test_names_are_the_projects_own() -> None:
    assert set(CORPORA) - {"affectnet-8"} <= set(READERS)
    of_table = {(one.paper, one.table, one.network) for one in RESULTS if not one.peer and one.paper != LEADERBOARD}
    of_catalogue = {
        (name.partition("/")[0], *row) for name, entry in NETWORKS.items() for row in entry.rows
        if not row[1].startswith("alexnet")
    }  # fmt: skip
    assert of_table == of_catalogue


def test_own_metrics_are_those_the_corpora_are_judged_by() -> None:
    classes = {CLASS_ACCURACY + name for name in EXPRESSIONS}
    for one in RESULTS:
        if one.peer or one.paper == LEADERBOARD or one.column.metric in classes:
            continue
        corpus = one.column.corpus if one.column.corpus in DEFAULTS else one.column.corpus.removesuffix("-compound")
        assert one.column.metric in DEFAULTS[corpus][one.column.head].metrics, one.key


@pytest.mark.parametrize("metric", ["valence_ccc", "arousal_ccc", "valence_mse", "arousal_mse"])
def test_vgg_face_on_aff_wild_is_printed_four_times(metric: str) -> None:
    rows = {"9": "vgg-face", "10": "vgg-face/with-landmarks", "11": "vgg-face/mean-of-annotators", "13": "best-cnn"}
    assert len({value("ijcv2019", table, name, "aff-wild", metric) for table, name in rows.items()}) == 1


def test_tables_2_to_5_of_facebehaviornet_repeat_table_6() -> None:
    name = "facebehaviornet/no-coupling"
    again = [one for one in published_results("fbn2019") if one.network == name and one.table in "2345"]
    assert len(again) == 32
    for one in again:
        assert one.value == value("fbn2019", "6", name, one.column.corpus, one.column.metric), one.key


def test_table_vii_repeats_tables_iv_to_vi() -> None:
    for table, network in (("IV", "vggface1-gru"), ("V", "resnet2-gru"), ("VI", "densenet-gru")):
        here, there = (
            {one.column: one.value for one in published_results("ext2018", number) if one.network == network}
            for number in ("VII", table)
        )
        assert here == there
        assert len(here) == 4


def test_percent_is_a_share_and_printed_digits_are_kept() -> None:
    assert value(LEADERBOARD, "related", "mt-arcres", "fer2013", "expression_accuracy") == 0.8
    (one,) = [one for one in published_results("ijcv2019", "14") if one.network == "cnn-rnn/1x128"][1:]
    assert (one.printed, one.value) == ("0.40", 0.4)


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("fer2013 test expression_accuracy", "1.2", "1.2 is not between 0 and 1"),
        ("aff-wild test valence_ccc", "-1.5", "-1.5 is not between -1 and 1"),
        ("fer2014 test expression_accuracy", "0.2", "unknown corpus 'fer2014'"),
        ("fer2013 tests expression_accuracy", "0.2", "unknown split 'tests'"),
        ("fer2013 test accuracy", "0.2", "unknown metric 'accuracy'"),
        ("fer2013 test expression_accuracy permille", "0.2", "ends in 'permille'"),
        ("fer2013 test expression_accuracy", "0.2 0.3", "2 values for 1 columns"),
    ],
)
def test_a_fault_of_the_file_is_told(column: str, values: str, told: str) -> None:
    lines = [{"network": "mt-vgg", "label": "MT-VGG", "values": values}]
    with pytest.raises(AffectError, match=told):
        ResultTable.parse({"title": "a", "columns": [column], "networks": lines})


def test_a_network_stands_once_in_a_table() -> None:
    lines = [{"network": "mt-vgg", "label": label, "values": "0.2"} for label in ("MT-VGG", "again")]
    with pytest.raises(AffectError, match="twice"):
        ResultTable.parse({"title": "a", "columns": ["fer2013 test expression_accuracy"], "networks": lines})


def test_unknown_paper_and_table() -> None:
    with pytest.raises(AffectError, match="no paper 'bmvc2018'; did you mean 'bmvc2019'"):
        published_results("bmvc2018")
    with pytest.raises(AffectError, match="no table with results in bmvc2019 '9'"):
        published_results("bmvc2019", "9")
    assert {one.paper for one in published_results(table="7")} == {"bmvc2019", "fbn2019"}
    assert list(published_tables()) == list(COUNTS)
