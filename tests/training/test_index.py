"""Which rows are looked at: of the corpora that are named, or of all; what is missing is said with what is there."""

import pytest

from affect.errors import AffectError
from affect.networks.spec import NetworkSpec
from affect.training.index import build_index, held_corpora
from tests.made_rows import PEOPLE, write_people, write_rows

SPEC = NetworkSpec(encoder="arc-res", input_size=32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("rows"))
    settings = write_rows(folder, {"train": 2, "validation": 1})
    write_people(folder, {"train": PEOPLE}, settings=settings, corpus="people")
    return folder


def test_corpora_choose_rows(folder: str) -> None:
    assert held_corpora([folder]) == ["made", "people"]
    both, one = build_index([folder], "train", SPEC), build_index([folder], "train", SPEC, ["made"])
    assert [name for name, _, _ in both.corpora] == ["made", "people"]
    assert [name for name, _, _ in one.corpora] == ["made"]
    assert both.frames == one.frames + 18


@pytest.mark.parametrize(
    ("split", "corpora", "message"),
    [
        ("train", ["raf-db"], "of raf-db in .* which has made, people; run jobs.preprocess raf-db"),
        ("validation", ["people"], "only of others; divide the training split"),
        ("test", [], "only of others; divide the training split"),
    ],
)
def test_what_is_missing(folder: str, split: str, corpora: list[str], message: str) -> None:
    with pytest.raises(AffectError, match=message):
        build_index([folder], split, SPEC, corpora)
