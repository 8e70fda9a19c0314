from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from affect.corpora.corpus import PICTURES_PER_CLIP
from affect.corpora.faults import Faults
from affect.corpora.shelves import Picture, PictureCorpus, Shelf, file_name
from affect.errors import AffectError
from tests.corpora.reading import rows


def never() -> NDArray[np.uint8]:
    raise AssertionError("a picture was opened")


class Numbers(PictureCorpus):
    """Pictures that are numbers, of which no more than a lot is made at a time."""

    root = "some/where"

    def __init__(self, *shelves: Shelf) -> None:
        super().__init__("numbers", list(shelves), Faults(), "numbers")
        self.asked: list[int] = []

    def pictures(self, shelf: Shelf, keys: Any) -> list[Picture]:
        self.asked.append(len(keys))
        return [Picture(str(key), partial(never), valence=key / 10_000) for key in keys]


def test_lots_hold_so_many_pictures_in_order_and_labels_go_with_them() -> None:
    count = 2 * PICTURES_PER_CLIP + 1
    corpus = Numbers(
        Shelf("one", "train", "here", range(count)), Shelf("two/b", "test", "there", np.arange(count, count + 3))
    )
    clips = list(corpus.clips())
    assert [(clip.video, clip.split, clip.media) for clip in clips] == [
        ("one-00000", "train", "here"),
        ("one-00001", "train", "here"),
        ("one-00002", "train", "here"),
        ("two__b-00000", "test", "there"),
    ]
    found = rows(corpus)
    assert [row["name"] for row in found] == [str(number) for number in range(count + 3)]
    assert [row["valence"] for row in found] == [round(number / 10_000, 5) for number in range(count + 3)]
    assert [row["split"] for row in found] == ["train"] * count + ["test"] * 3


def test_labels_and_stills_of_a_lot_are_made_once() -> None:
    corpus = Numbers(Shelf("one", "train", "here", range(PICTURES_PER_CLIP + 7)))
    for clip in corpus.clips():
        corpus.labels(clip)
        list(corpus.stills(clip))
    assert corpus.asked == [PICTURES_PER_CLIP, 7]


def test_shelves_of_one_name_keep_their_own_lots() -> None:
    corpus = Numbers(Shelf("a/b", "train", "", [1]), Shelf("a__b", "train", "", [2]))
    assert [clip.video for clip in corpus.clips()] == ["a__b-00000", "a__b__2-00000"]
    assert [row["name"] for row in rows(corpus)] == ["1", "2"]


def test_an_empty_corpus_says_what_is_expected() -> None:
    with pytest.raises(AffectError, match="some/where has no picture of the corpus numbers; expected is numbers"):
        Numbers(Shelf("one", "train", "here", []))


def test_names_of_files_are_plain_and_unlike() -> None:
    assert file_name("a//b/c") == "a__b__c"
    assert file_name("a", {"a", "a__2"}) == "a__3"
