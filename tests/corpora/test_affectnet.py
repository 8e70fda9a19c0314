import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora import open_corpus
from affect.corpora.affectnet import AffectNet
from affect.corpora.faults import LISTED
from affect.errors import AffectError
from tests.corpora.reading import fault_of, rows
from tests.corpora.test_archive import unpacked
from tests.made_pictures import encode

GREY = encode(np.full((10, 10, 3), 50, np.uint8), "PNG")

HEADER = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"

NUMBERS = [float(number) / 4 for number in range(136)]
POINTS = ";".join(map(str, NUMBERS))

LISTS, IMAGES = "Manually_Annotated_file_lists", "Manually_Annotated/Manually_Annotated_Images"


def line(picture: str, expression: int, va: str = "0.5,-0.25", box: str = "1,2,30,40", points: str = POINTS) -> str:
    return f"{picture},{box},{points},{expression},{va}"


def make(root: Path, lines: list[str], pictures: list[str], name: str = "training") -> Path:
    content = ("\ufeff" + "\r\n".join(lines)).encode()
    return unpacked(root, {f"{LISTS}/{name}.csv": content, **{f"{IMAGES}/{picture}": GREY for picture in pictures}})


def npy(values: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(values))
    return stream.getvalue()


def test_the_first_form_is_read_with_its_boxes_and_landmarks(tmp_path: Path) -> None:
    pictures = [f"{number}/a.JPG" for number in range(11)]
    make(tmp_path, [HEADER, *(line(picture, number) for number, picture in enumerate(pictures))], pictures)
    make(tmp_path, [line("v/b.tiff", 1, "-2,-2")], ["v/b.tiff"], "validation")  # without a header, as first given out
    corpus = open_corpus("affectnet", str(tmp_path))
    names = ["neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", None, None]
    place = {"box": (1, 2, 30, 40), "landmarks": NUMBERS}
    expected = [
        {"split": "train", "name": f"training/{number}/a.JPG", "valence": 0.5, "arousal": -0.25, **place}
        | ({"expression": name} if name else {})
        for number, name in enumerate(names)
    ]
    assert rows(corpus) == [
        *expected,
        {"split": "validation", "name": "validation/v/b.tiff", "expression": "happiness", **place},
    ]
    assert corpus.faults() == [("9/a.JPG", "annotated as uncertain"), ("10/a.JPG", "annotated as no face")]
    assert not any(clip.cropped for clip in corpus.clips())


def test_bad_double_and_missing_are_faults_and_the_rest_is_read(tmp_path: Path) -> None:
    missing = [line(f"gone/{number}.jpg", 1) for number in range(LISTED + 5)]
    lines = [HEADER, "", line("1\\a.jpg", 1), line("1/a.jpg", 2), "broken", line("2/b.jpg", 2), *missing]
    corpus = AffectNet(str(make(tmp_path, lines, ["1/a.jpg", "2/b.jpg", "3/c.jpg"])))
    assert [(row["name"], row["expression"]) for row in rows(corpus)] == [
        ("training/1/a.jpg", "happiness"),
        ("training/2/b.jpg", "sadness"),
    ]
    assert fault_of(corpus, "line 4") == "1/a.jpg is listed already"
    assert fault_of(corpus, "line 5") == "there are not 9 values"
    assert fault_of(corpus, "5 more") == "the picture is not there"
    assert fault_of(corpus, "validation").startswith("there is no list")


def test_columns_come_from_the_header(tmp_path: Path) -> None:
    turned = ",".join(reversed(HEADER.split(",")))
    data = ",".join(reversed(line("a.jpg", 6).split(",")))
    corpus = AffectNet(str(make(tmp_path, [turned, data], ["a.jpg"])))
    assert [row["expression"] for row in rows(corpus)] == ["anger"]


def test_a_header_without_a_column_is_refused(tmp_path: Path) -> None:
    make(tmp_path, [HEADER.replace("face_width", "width"), line("a.jpg", 1)], ["a.jpg"])
    with pytest.raises(AffectError, match=r"training\.csv, line 1: the header has no face_width"):
        AffectNet(str(tmp_path))


def test_what_a_network_annotated_is_read_only_when_asked_for(tmp_path: Path) -> None:
    make(tmp_path, [HEADER, line("a.jpg", 1)], ["a.jpg"])
    unpacked(
        tmp_path,
        {
            "Automatically_annotated_file_list/automatically_annotated.csv": f"{HEADER}\n{line('a.jpg', 4)}".encode(),
            "Automatically_Annotated/Automatically_Annotated_Images/a.jpg": GREY,
        },
    )
    assert [row["expression"] for row in rows(AffectNet(str(tmp_path)))] == ["happiness"]
    found = rows(AffectNet(str(tmp_path), automatic=True))
    assert [(row["name"], row["split"]) for row in found] == [
        ("training/a.jpg", "train"),
        ("automatically_annotated/a.jpg", "train"),
    ]


LATER = {
    "train_set/images/1.jpg": GREY,
    "train_set/annotations/1_exp.npy": npy("6"),
    "train_set/annotations/1_val.npy": npy("-0.5"),
    "train_set/annotations/1_aro.npy": npy("0.75"),
    "train_set/annotations/1_lnd.npy": npy(NUMBERS),
    "train_set/images/2.jpg": GREY,
    "train_set/annotations/2_exp.npy": npy(7),
    "train_set/annotations/2_val.npy": npy(np.float32(-2)),
    "train_set/annotations/2_aro.npy": npy([-2.0]),
    "train_set/annotations/2_lnd.npy": npy(np.full((68, 2), np.nan)),
    "train_set/images/4.png": GREY,
    "train_set/annotations/4_exp.npy": npy("11"),
    "train_set/annotations/4_val.npy": npy("0.5"),
    "train_set/annotations/4_aro.npy": npy("1.5"),
    "train_set/images/3.jpg": GREY,
    "val_set/images/1.jpg": GREY,
    "val_set/annotations/1_exp.npy": b"broken",
    "val_set/annotations/1_val.npy": npy(0.25),
    "val_set/annotations/1_aro.npy": npy("0.125"),
}


def test_the_later_form_is_read_with_numbers_written_as_text(tmp_path: Path) -> None:
    corpus = AffectNet(str(unpacked(tmp_path, LATER)))
    assert rows(corpus) == [
        {
            "split": "train",
            "name": "train_set/1.jpg",
            "valence": -0.5,
            "arousal": 0.75,
            "expression": "anger",
            "landmarks": NUMBERS,
        },
        {"split": "train", "name": "train_set/2.jpg"},
        {"split": "train", "name": "train_set/4.png"},
        {"split": "validation", "name": "val_set/1.jpg", "valence": 0.25, "arousal": 0.125},
    ]
    assert fault_of(corpus, "train_set/3.jpg") == "it has no annotation"
    assert all(clip.cropped for clip in corpus.clips())
    for clip in corpus.clips():
        corpus.labels(clip)
    assert "is not an array of numbers" in fault_of(corpus, "annotations/1_exp.npy")
    assert fault_of(corpus, "train_set/4_exp.npy") == "it is 11, expected is a number from 0 to 10"
    assert fault_of(corpus, "train_set/4_aro.npy") == "it is 1.5, expected is a number from -2 to 1"
    assert "expected are 136 finite numbers" in fault_of(corpus, "annotations/2_lnd.npy")


@pytest.mark.parametrize("form", ["first", "later"])
def test_listing_opens_no_picture(tmp_path: Path, form: str) -> None:
    if form == "first":
        images = make(tmp_path, [HEADER, line("a.jpg", 1)], ["a.jpg"]) / IMAGES
    else:
        images = unpacked(tmp_path, LATER) / "train_set/images"
    corpus = AffectNet(str(tmp_path))
    shutil.rmtree(images)
    assert rows(corpus)
    with pytest.raises(AffectError, match="does not exist"):
        next(corpus.stills(next(corpus.clips()))).load()


def test_an_empty_folder_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match="expected is Manually_Annotated_file_lists"):
        AffectNet(str(tmp_path))


@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_in_a_list_give_faults(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    root = tmp_path_factory.getbasetemp() / "affectnet-bytes"
    make(root, [HEADER, line("a.jpg", 3), ""], ["a.jpg"])
    with (root / LISTS / "training.csv").open("ab") as file:
        file.write(data)
    assert [row["name"] for row in rows(AffectNet(str(root)))] == ["training/a.jpg"]
