import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect import storage
from affect.corpora import open_corpus
from affect.corpora.corpus import PICTURES_PER_CLIP
from affect.corpora.fer2013 import PUBLISHED, Fer2013
from affect.corpora.fer2013_csv import CLASSES
from affect.errors import AffectError
from tests.corpora.reading import fault_of, rows
from tests.corpora.test_archive import packed, unpacked
from tests.made_pictures import encode

RAMP = np.arange(2304) % 256
PIXELS = " ".join(map(str, RAMP))
GREY = encode(np.full((48, 48), 77, np.uint8), "PNG")

PLUS = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF\n"

PICTURES = {
    "fer/train/angry/Training_1.jpg": GREY,
    "fer/train/Happy/Training_2.jpg": GREY,
    "fer/train/happy/._Training_2.jpg": b"",
    "fer/test/sad/PublicTest_3.jpg": GREY,
    "fer/test/sad/PrivateTest_4.jpg": GREY,
    "fer/test/surprise/17.png": GREY,
    "fer/train/smug/Training_5.jpg": GREY,
}

IN_FOLDERS = [
    {"split": "train", "name": "fer/train/Happy/Training_2.jpg", "expression": "happiness"},
    {"split": "train", "name": "fer/train/angry/Training_1.jpg", "expression": "anger"},
    {"split": "validation", "name": "fer/test/sad/PublicTest_3.jpg", "expression": "sadness"},
    {"split": "test", "name": "fer/test/sad/PrivateTest_4.jpg", "expression": "sadness"},
    {"split": "test", "name": "fer/test/surprise/17.png", "expression": "surprise"},
]


def write_csv(path: Path, *lines: str, header: str = "emotion,pixels,Usage") -> Path:
    path.write_bytes(("\ufeff" + "\r\n".join([header, *lines]) + "\r\n").encode())
    return path


@pytest.mark.parametrize("form", ["folder", "zip in a folder", "zip"])
def test_folders_are_read_packed_or_not(tmp_path: Path, form: str) -> None:
    if form == "folder":
        root = unpacked(tmp_path, PICTURES) / "fer"
    else:
        archive = packed(tmp_path / "fer.zip", PICTURES)
        root = archive if form == "zip" else tmp_path
    prefix = "" if form == "folder" else "fer/"
    corpus = Fer2013(str(root))
    assert rows(corpus) == [row | {"name": prefix + row["name"].removeprefix("fer/")} for row in IN_FOLDERS]
    assert "none of the seven classes" in fault_of(corpus, "smug/Training_5.jpg")
    clip = next(corpus.clips())
    assert clip.cropped
    np.testing.assert_array_equal(next(corpus.stills(clip)).load(), np.full((48, 48, 3), 77))


def test_the_csv_gives_pixels_splits_and_classes_and_bad_lines_are_faults(tmp_path: Path) -> None:
    uri = write_csv(
        tmp_path / "fer2013.csv",
        f"0,{PIXELS},Training",
        f"6,{PIXELS},PrivateTest",
        "",
        f"7,{PIXELS},Training",
        f"3,{PIXELS},Somewhere",
        "3,1 2 3,Training",
        f"3,{PIXELS}",
        f'"5","{PIXELS}",PublicTest',
    )
    corpus = Fer2013(str(tmp_path))
    assert rows(corpus) == [
        {"split": "train", "name": "train/00000", "expression": "anger"},
        {"split": "validation", "name": "validation/00006", "expression": "surprise"},
        {"split": "test", "name": "test/00001", "expression": "neutral"},
    ]
    assert [name.rpartition(", ")[2] for name, _ in corpus.faults()] == ["line 5", "line 6", "line 7", "line 8"]
    clip = list(corpus.clips())[1]
    expected = np.repeat(RAMP.reshape(48, 48, 1), 3, axis=2)
    np.testing.assert_array_equal(next(corpus.stills(clip)).load(), expected)
    assert rows(Fer2013(str(uri))) == rows(corpus)


def test_columns_come_from_the_header(tmp_path: Path) -> None:
    write_csv(tmp_path / "icml_face_data.csv", f"4,Training,{PIXELS}", header="emotion, Usage, pixels")
    corpus = Fer2013(str(tmp_path))
    assert rows(corpus) == [{"split": "train", "name": "train/00000", "expression": "sadness"}]
    assert {name for name, _ in corpus.faults()} == {"validation", "test"}


def test_what_is_not_there_is_a_fault(tmp_path: Path) -> None:
    corpus = Fer2013(str(unpacked(tmp_path, {"train/fear/1.jpg": GREY, "validation/fear/2.jpg": GREY})))
    assert [row["split"] for row in rows(corpus)] == ["train", "validation"]
    assert fault_of(corpus, "test").startswith("none of its 3,589 pictures is here")


def test_votes_of_the_csv_go_by_order_and_other_choices_leave_a_gap(tmp_path: Path) -> None:
    write_csv(tmp_path / "fer2013.csv", *[f"{number},{PIXELS},Training" for number in (0, 9, 2, 3, 4)])
    lines = [
        "Training,fer0000000.png,4,0,0,1,3,2,0,0,0,0",
        "Training,fer0000001.png,9,9,9,9,9,9,9,9,9,9",
        "Training,fer0000002.png,0,1,2,3,4,5,6,1,1,1",
        "Training,,0,0,0,0,0,0,0,0,0,10",
        "Training,fer0000004.png,1,x,0,0,0,0,0,0,0,0",
    ]
    (tmp_path / "fer2013new.csv").write_text(PLUS + "\n".join(lines))
    corpus = Fer2013(str(tmp_path))
    assert [row.get("votes") for row in rows(corpus)] == [[4, 3, 2, 0, 0, 1, 0], [0, 4, 5, 6, 1, 3, 2], None, None]
    assert fault_of(corpus, "fer2013new.csv, line 6") == "the votes are not whole numbers in every column"


@pytest.mark.parametrize("image", ["train/angry/Training_1.jpg", "Training_1.jpg"])
def test_votes_of_folders_go_by_name_and_say_nothing_of_the_class(tmp_path: Path, image: str) -> None:
    root = unpacked(tmp_path, {"train/angry/Training_1.jpg": GREY, "train/fear/Training_2.jpg": GREY})
    (root / "votes.csv").write_text(f"image,{PLUS.split(',', 2)[2]}{image},0,8,0,0,0,0,0,0,2,0\n")
    assert [(row["expression"], row.get("votes")) for row in rows(Fer2013(str(root)))] == [
        ("anger", [0, 0, 0, 0, 8, 0, 0]),
        ("fear", None),
    ]


def test_nothing_to_read_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match=r"expected is fer2013\.csv, or <train"):
        open_corpus("fer2013", str(tmp_path))


def test_listing_opens_no_picture(tmp_path: Path) -> None:
    corpus = Fer2013(str(unpacked(tmp_path, {"train/sad/1.jpg": GREY, "train/sad/2.jpg": b"broken"})))
    shutil.rmtree(tmp_path / "train")
    assert [row["name"] for row in rows(corpus)] == ["train/sad/1.jpg", "train/sad/2.jpg"]
    with pytest.raises(AffectError, match=r"train/sad/1\.jpg does not exist"):
        next(corpus.stills(next(corpus.clips()))).load()


def test_the_csv_on_s3_is_read_in_parts(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    count = PICTURES_PER_CLIP + 2
    lines = "".join(f"{number % 7},{PIXELS},Training\n" for number in range(count))
    storage.write_bytes(storage.join(s3, "fer/fer2013.csv"), f"emotion,pixels,Usage\n{lines}".encode())
    corpus = Fer2013(storage.join(s3, "fer"))
    monkeypatch.setattr(storage, "read_bytes", None)
    assert [row["expression"] for row in rows(corpus)] == [CLASSES[number % 7] for number in range(count)]


@given(data=st.binary(max_size=200), votes=st.booleans())
def test_arbitrary_bytes_give_faults_or_an_affect_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, votes: bool
) -> None:
    root = tmp_path_factory.getbasetemp() / "fer-bytes"
    root.mkdir(exist_ok=True)
    good = f"emotion,pixels,Usage\n1,{PIXELS},Training\n".encode()
    (root / "fer2013.csv").write_bytes(good + (b"" if votes else data))
    (root / "votes.csv").write_bytes(PLUS.encode() + (data if votes else b""))
    assert {"split": "train", "name": "train/00000", "expression": "disgust"} in [
        {key: value for key, value in row.items() if key != "votes"} for row in rows(Fer2013(str(root)))
    ]


# The corpus may not be shipped; every form of it is read above from files made here.
@pytest.mark.skipif("AFFECT_FER2013" not in os.environ, reason="AFFECT_FER2013 names no folder with FER2013 in it")
def test_the_real_corpus_has_the_published_counts() -> None:
    start = time.perf_counter()
    corpus = open_corpus("fer2013", os.environ["AFFECT_FER2013"])
    found = rows(corpus)
    counts = {split: sum(row["split"] == split for row in found) for split in PUBLISHED}
    voted = sum("votes" in row for row in found)
    print(f"{counts}, votes for {voted}, {time.perf_counter() - start:.1f} s")  # noqa: T201 - measured by hand
    present = {split: count for split, count in PUBLISHED.items() if counts[split]}
    assert {split: counts[split] for split in present} == present
    assert counts["train"] == 28_709
    assert {name for name, _ in corpus.faults()} == set(PUBLISHED) - set(present)
