import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora import open_corpus
from affect.corpora.faults import Faults
from affect.corpora.raf_db import RafDb, read_list
from affect.errors import AffectError
from affect.labels import RAFDB_COMPOUNDS
from tests.corpora.reading import fault_of, rows
from tests.corpora.test_archive import packed, unpacked
from tests.made_pictures import encode

GREY = encode(np.full((10, 10, 3), 50, np.uint8), "PNG")

LIST = "EmoLabel/list_patition_label.txt"

CLASSES = ["surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"]


def make(root: Path, lines: list[str], pictures: list[str], part: str = "basic") -> Path:
    content = ("\ufeff" + "\r\n".join(lines)).encode()
    return unpacked(root, {f"{part}/{LIST}": content, **{f"{part}/Image/{name}": GREY for name in pictures}})


def test_basic_classes_splits_and_dirt(tmp_path: Path) -> None:
    good = [f"train_{number:05d}.jpg {number}" for number in range(1, 8)] + ["test_0001.jpg\t3"]
    dirt = [
        "",
        "train_00001.jpg 1",
        "train_00002.jpg 3",
        "train_00008.jpg 8",
        "train_00009.jpg",
        "val_00010.jpg 1",
        "train_00011.jpg 1",
        "../train_00012.jpg 1",
    ]
    names = [line.split()[0] for line in good]
    root = make(tmp_path, good + dirt, [f"aligned/{name[:-4]}_aligned.jpg" for name in names])
    corpus = open_corpus("raf-db", str(root))
    assert rows(corpus) == [
        {"split": "train", "name": f"train_{number:05d}.jpg", "expression": CLASSES[number - 1]}
        for number in range(1, 8)
        if number != 2
    ] + [{"split": "test", "name": "test_0001.jpg", "expression": "disgust"}]
    told = [name.rpartition(", ")[2] for name, _ in corpus.faults()]
    assert told == [
        "line 10",
        "line 11",
        "line 12",
        "line 13",
        "line 14",
        "line 16",
        "train_00002.jpg",
        "train_00011.jpg",
    ]
    assert "two classes" in fault_of(corpus, "train_00002.jpg")
    assert all(clip.cropped for clip in corpus.clips())


def test_compound_classes_have_their_own_names(tmp_path: Path) -> None:
    lines = [f"train_{number:04d}.jpg {number}" for number in range(1, 13)]
    root = make(tmp_path, lines, [f"aligned/train_{number:04d}_aligned.jpg" for number in range(1, 13)], "compound")
    corpus = open_corpus("raf-db-compound", str(root))
    assert corpus.name == "raf-db-compound"
    assert [row["compound"] for row in rows(corpus)] == list(RAFDB_COMPOUNDS)
    assert not any("expression" in row for row in rows(corpus))
    assert "none of 1 to 11" in fault_of(corpus, "line 12")


def test_originals_have_the_box_of_the_face_meant(tmp_path: Path) -> None:
    lines = [f"train_{number}.jpg 4" for number in range(1, 5)]
    root = make(tmp_path, lines, [f"original/train_{number}.jpg" for number in range(1, 5)])
    boxes = {"1": b"10.5 20 40.5 70\n", "2": b"40 20 10 70", "3": b"\xff 1 2", "4": b""}
    del boxes["4"]
    unpacked(root, {f"basic/Annotation/boundingbox/train_{n}_boundingbox.txt": data for n, data in boxes.items()})
    corpus = RafDb(str(root), aligned=False)
    assert [row.get("box") for row in rows(corpus)] == [(10.5, 20, 30, 50), None, None, None]
    list(corpus.stills(next(corpus.clips())))
    assert [name.split("_")[1] for name, _ in corpus.faults()] == ["2", "3", "4"]
    assert not next(corpus.clips()).cropped


@pytest.mark.parametrize("place", ["part", "packed", "nested"])
def test_a_part_alone_and_packed_or_nested_pictures_are_found(tmp_path: Path, place: str) -> None:
    root = make(tmp_path, ["train_1.jpg 6"], ["aligned/train_1_aligned.jpg"]) / "basic"
    aligned = root / "Image/aligned"
    if place == "packed":
        packed(root / "Image/aligned.zip", {"train_1_aligned.jpg": GREY})
        shutil.rmtree(aligned)
    elif place == "nested":
        (aligned / "aligned").mkdir()
        (aligned / "train_1_aligned.jpg").rename(aligned / "aligned/train_1_aligned.jpg")
    corpus = RafDb(str(root))
    assert rows(corpus) == [{"split": "train", "name": "train_1.jpg", "expression": "anger"}]
    assert next(corpus.stills(next(corpus.clips()))).load().shape == (10, 10, 3)


def test_listing_opens_no_picture(tmp_path: Path) -> None:
    corpus = RafDb(str(make(tmp_path, ["train_1.jpg 6"], ["aligned/train_1_aligned.jpg"])))
    shutil.rmtree(tmp_path / "basic")
    assert rows(corpus)
    with pytest.raises(AffectError, match=r"train_1_aligned\.jpg does not exist"):
        next(corpus.stills(next(corpus.clips()))).load()


@pytest.mark.parametrize(("missing", "what"), [(LIST, "list of labels"), ("Image", "folder of aligned pictures")])
def test_what_is_missing_is_named(tmp_path: Path, missing: str, what: str) -> None:
    root = make(tmp_path, ["train_1.jpg 6"], ["aligned/train_1_aligned.jpg"])
    (root / "basic" / missing).rename(root / "elsewhere")
    with pytest.raises(AffectError, match=f"no {what} of RAF-DB; expected is basic/EmoLabel"):
        RafDb(str(root))


@given(data=st.one_of(st.binary(max_size=100), st.from_regex(rb"(train_[12]\.jpg [0-8]\n){0,6}", fullmatch=True)))
def test_arbitrary_bytes_give_classes_or_faults(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "list.txt"
    path.write_bytes(data)
    faults = Faults()
    found = read_list(str(path), 7, faults)
    assert all(0 <= number < 7 and name.startswith(("train", "test")) for name, number in found.items())
    assert len(found) + sum(1 for _ in faults.listed()) >= bool(data.strip())
