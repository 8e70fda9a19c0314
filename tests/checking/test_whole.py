from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from affect.checking.clip import check_clip
from affect.checking.findings import MEANINGS, to_csv
from affect.checking.whole import Check
from tests.checking.made_corpus import MadeCorpus, cat, made_labels, noise, still
from tests.made_media import make_video, portrait

BLACK = np.zeros((48, 48, 3), np.uint8)


def checked(corpus: MadeCorpus, order: Callable[[range], Sequence[int]] = list) -> Check:
    check = Check(corpus, list(corpus.clips()))
    for index in order(range(len(check.clips))):
        check.add(index, check_clip(corpus, check.clips[index], index))
    check.finish(corpus.faults())
    return check


@pytest.fixture
def pictures() -> MadeCorpus:
    """Equal: a with c, x and z (in both splits, z contradicting); b with y. Near: the cats. Blank: two."""
    corpus = MadeCorpus(told=[("index.csv", "is odd")])
    small = cv2.resize(cat(), (96, 96), interpolation=cv2.INTER_AREA)
    lot = [still("a", 0, noise(0)), still("b", 1, noise(1)), still("c", 2, noise(0)), still("cat", 3, cat())]
    corpus.clip(
        "lot", [*lot, still("black", 4, BLACK)], {"main": made_labels(["anger", "fear", "anger", "fear", None])}
    )
    corpus.clip("lot2", [still("x", 0, noise(0)), still("y", 1, noise(1))], {"main": made_labels(["anger", "fear"])})
    rest = [still("z", 0, noise(0)), still("small cat", 1, small), still("black2", 2, BLACK + 1)]
    corpus.clip("lot3", rest, {"main": made_labels(["sadness", "anger", None])}, split="validation")
    return corpus


@pytest.mark.parametrize("order", [list, reversed])
def test_equal_near_contradictory_and_blank_pictures(pictures: MadeCorpus, order: Callable) -> None:
    check = checked(pictures, order)
    assert [(one.kind, one.clip, one.name, one.other) for one in check.findings] == [
        ("duplicate", "lot2", "y", "b"),
        ("duplicate across splits", "lot", "c", "a"),
        ("duplicate across splits", "lot2", "x", "a"),
        ("duplicate across splits", "lot3", "z", "a"),
        ("near duplicate across splits", "lot3", "small cat", "cat"),
        ("contradiction", "lot", "a", "c"),
        ("blank", "lot", "black", ""),
        ("blank", "lot3", "black2", ""),
        ("corpus", "", "index.csv", ""),
    ]
    told = {one.name: one.what for one in check.findings}
    assert told["z"] == "4 equal pictures: 3 in train, 1 in validation"
    assert told["a"] == "expression: anger (3), sadness (1)"
    assert told["small cat"].endswith("in validation and train; expression: anger (1), fear (1)")
    assert check.facts == {
        "pictures": 10,
        "surplus_copies": 4,
        "groups_of_equal": 2,
        "groups_across_splits": 1,
        "groups_of_several_expressions": 1,
        "near_pairs": 1,
        "videos": 0,
        "groups_of_equal_videos": 0,
        "near_pairs_of_videos": 0,
    }
    assert check.counts()["duplicate across splits"] == 3
    assert sum(check.counts().values()) == to_csv(check.findings).count("\n") - 1


def moving(picture: NDArray[np.uint8], step: int, side: int = 96) -> list[NDArray[np.uint8]]:
    return [cv2.resize(np.roll(picture, step * n, axis=1), (side, side)) for n in range(10)]


def test_equal_and_near_videos_across_splits(tmp_path: Path) -> None:
    files = {
        "a": make_video(tmp_path / "a.mp4", moving(cat(), 8)),
        "other": make_video(tmp_path / "other.mp4", moving(portrait(), 8)),
        "black": make_video(tmp_path / "black.mp4", [np.zeros((96, 96, 3), np.uint8)] * 10),
        "black2": make_video(tmp_path / "black2.mp4", [np.full((64, 64, 3), 3, np.uint8)] * 10),
        "smaller": make_video(tmp_path / "smaller.mp4", moving(cat(), 8, 64)),
        "copy": tmp_path / "copy.mp4",
    }
    files["copy"].write_bytes(files["a"].read_bytes())
    corpus = MadeCorpus()
    for name, path in files.items():
        split = "test" if name == "smaller" else "train"
        corpus.clip(name, kind="video", media=str(path), split=split)
    check = checked(corpus)
    assert [(one.kind, one.name, one.other) for one in check.findings if one.kind != "blank"] == [
        ("duplicate", str(files["copy"]), str(files["a"])),
        ("near duplicate across splits", str(files["smaller"]), str(files["a"])),
    ]
    facts = {"videos": 6, "groups_of_equal_videos": 1, "near_pairs_of_videos": 1}
    assert facts.items() <= check.facts.items()


def test_people_in_two_splits() -> None:
    corpus = MadeCorpus()
    corpus.clip("one", [still("a", 0, noise(0), subject="ann"), still("b", 1, noise(1), subject="bob")])
    corpus.clip("two", [still("0", 0, noise(2))], kind="frames", split="test", subject="ann")
    corpus.clip("three", [still("0", 0, noise(3))], kind="frames", split="test", subject="cid")
    people = [one for one in checked(corpus).findings if one.kind == "person in two splits"]
    assert [(one.name, one.what) for one in people] == [("ann", "test and train")]


def test_nothing_at_all() -> None:
    check = checked(MadeCorpus())
    assert check.findings == []
    assert list(check.counts()) == list(MEANINGS)
