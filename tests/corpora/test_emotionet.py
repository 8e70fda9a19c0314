import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora import open_corpus
from affect.corpora.emotionet import EmotioNet
from affect.corpora.emotionet_lines import EMOTIONS
from affect.corpora.faults import LISTED
from affect.errors import AffectError
from affect.labels import EMOTIONET_COMPOUNDS
from tests.corpora.reading import fault_of, rows
from tests.corpora.test_archive import unpacked
from tests.made_pictures import encode

GREY = encode(np.full((10, 10, 3), 50, np.uint8), "JPEG")

URL = "http://server/EmotioNet/{}?x=1#y"

EMOTION_HEADER = (
    "url_server,url_orig,angrily_disgusted,angrily_surprised,angry,appalled,awed,disgusted,fearful,fearfully_angry,"
    "fearfully_surprised,happily_disgusted,happily_surprised,happy,sad,sadly_angry,sadly_disgusted,surprised"
)


def units(picture: str, values: dict[int, object], rest: object = 0, separator: str = "\t") -> str:
    cells = [values.get(unit, rest) for unit in range(1, 61)]
    return separator.join([URL.format(picture), "http://elsewhere/orig.jpg", *map(str, cells)])


def emotion(picture: str, *chosen: str) -> str:
    values = ["1" if name in chosen else "0" for name in EMOTIONS]
    return ",".join([f"'{URL.format(picture)}'", "http://elsewhere/orig.jpg", *values])


def test_action_units_of_models_and_people(tmp_path: Path) -> None:
    data = [
        units("N_1.jpg", {1: 1, 12: 1, 4: 999, 7: 1}),
        "",
        units("N_2.JPG", {25: 1}, 999),
        units("N_1.jpg", {1: 0}),
        units("N_3.jpg", {2: 2}),
        "http://server/N_4.jpg\t0\t1",
        units("gone.jpg", {}),
        units("N_6.jpg", {6: 1}),
    ]
    header = ",".join(["URL", "URL_orig", *(f"'AU {unit}'" for unit in (12, 1))])
    people = [header, f'"{URL.format("N_6.jpg")}",x,1.0,999', f"{URL.format('N_7.jpg')},x,0,"]
    pictures = ["IMAGES/dataFile_0001/N_1.jpg", "IMAGES/dataFile_0001/N_2.JPG", "N_6.jpg", "deep/er/N_7.jpg"]
    unpacked(
        tmp_path,
        {
            "lists/dataFile_0001.txt": ("\ufeff" + "\r\n".join(data)).encode(),
            "EmotioNet_FACS.csv": "\n".join(people).encode(),
            "EmotioNet_FACS.xlsx": b"locked",
            "emotions.csv": emotion("N_1.jpg", "awed").encode(),
            "readme.txt": b"hello",
            **dict.fromkeys(pictures, GREY),
        },
    )
    corpus = open_corpus("emotionet", str(tmp_path))
    annotated = (1, 2, 4, 5, 6, 9, 10, 12, 15, 17, 20, 24, 25, 26)
    assert rows(corpus) == [
        {"split": "validation", "name": "N_6.jpg", "units": {12: 1}},
        {"split": "validation", "name": "N_7.jpg", "units": {12: 0}},
        {
            "split": "train",
            "name": "N_1.jpg",
            "units": {unit: int(unit in (1, 12)) for unit in annotated if unit != 4},
        },
        {"split": "train", "name": "N_2.JPG", "units": {25: 1}},
    ]
    for clip in corpus.clips():
        assert all(still.load().shape == (10, 10, 3) for still in corpus.stills(clip))
    assert "save each of its pages as CSV" in fault_of(corpus, "EmotioNet_FACS.xlsx")
    assert "neither a header nor" in fault_of(corpus, "readme.txt")
    assert fault_of(corpus, "line 5") == "it has a value that is not 1, 0 or 999"
    assert fault_of(corpus, "line 6") == "there are fewer values than columns"
    assert "fetch it from its URL" in fault_of(corpus, "gone.jpg")
    assert sorted(name for name, reason in corpus.faults() if reason.endswith("has it again")) == ["N_1.jpg", "N_6.jpg"]


@pytest.mark.parametrize("header", [True, False])
def test_basic_and_compound_emotions_are_another_corpus(tmp_path: Path, header: bool) -> None:
    lines = [emotion(f"{number}.jpg", name) for number, name in enumerate(EMOTIONS)]
    dirt = [emotion("16.jpg", "fear", "awed"), emotion("17.jpg")]
    unpacked(
        tmp_path,
        {
            "URLsWithEmotionCat.csv": "\n".join([EMOTION_HEADER] * header + lines + dirt).encode(),
            "dataFile_0001.txt": units("0.jpg", {1: 1}).encode(),
            **{f"{number}.jpg": GREY for number in range(18)},
        },
    )
    corpus = open_corpus("emotionet-compound", str(tmp_path))
    found = rows(corpus)
    assert {row["split"] for row in found} == {"validation"}
    assert [row.get("expression") or row["compound"] for row in found] == list(EMOTIONS)
    assert set(EMOTIONS) == set(EMOTIONET_COMPOUNDS)
    assert not any("units" in row for row in found)
    assert fault_of(corpus, f"line {17 + header}") == "it has 2 emotions, expected is one"
    assert fault_of(corpus, f"line {18 + header}") == "it has no emotions, expected is one"


def test_a_million_missing_pictures_are_counted(tmp_path: Path) -> None:
    lines = [units(f"N_{number}.jpg", {}) for number in range(LISTED + 100)]
    unpacked(tmp_path, {"dataFile_0001.txt": "\n".join(lines).encode(), "N_7.jpg": GREY})
    corpus = EmotioNet(str(tmp_path))
    assert [row["name"] for row in rows(corpus)] == ["N_7.jpg"]
    assert len(corpus.faults()) == LISTED + 1
    assert corpus.faults()[-1] == ("99 more", "the picture is not there; fetch it from its URL")


def test_none_of_the_pictures_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    unpacked(tmp_path, {"dataFile_0001.txt": units("N_1.jpg", {}).encode()})
    with pytest.raises(AffectError, match=r"dataFile_0001\.txt and so on.*fetch it from its URL"):
        EmotioNet(str(tmp_path))


def test_listing_opens_no_picture(tmp_path: Path) -> None:
    unpacked(tmp_path, {"dataFile_0001.txt": units("N_1.jpg", {}).encode(), "images/N_1.jpg": GREY})
    corpus = EmotioNet(str(tmp_path))
    shutil.rmtree(tmp_path / "images")
    assert rows(corpus)
    with pytest.raises(AffectError, match=r"images/N_1\.jpg does not exist"):
        next(corpus.stills(next(corpus.clips()))).load()


@given(data=st.binary(max_size=100))
def test_arbitrary_bytes_give_faults(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    root = tmp_path_factory.getbasetemp() / "emotionet-bytes"
    good = units("N_1.jpg", {}).encode()
    unpacked(root, {"dataFile_0001.txt": good + b"\n" + data, "other.txt": data, "N_1.jpg": GREY})
    assert [row["name"] for row in rows(EmotioNet(str(root)))] == ["N_1.jpg"]
