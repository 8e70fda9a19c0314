import contextlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora import open_corpus
from affect.corpora.imfdb import Imfdb, parse_line
from affect.corpora.lists import BadLine
from affect.errors import AffectError
from affect.labels import EXPRESSIONS
from tests.corpora.reading import fault_of, rows
from tests.corpora.test_archive import unpacked
from tests.made_pictures import encode

GREY = encode(np.full((12, 9, 3), 50, np.uint8), "JPEG")


def line(picture: str, expression: str, separator: str = "\t", movie: str = "Fear") -> str:
    """As in the corpus: 18 words, of which the third is the picture and the twelfth the expression."""
    words = f"1 Shot_1 {picture} 0 0 10 10 {movie} 2001 Someone MALE {expression} YOUNG GOOD FRONTAL NONE NO 1"
    return words.replace(" ", separator)


def test_dirty_lists_are_read_by_actor(tmp_path: Path) -> None:
    lines = [
        line("A_1.jpg", "HAPPINESS"),
        line("A_1.jpg", "HAPPINESS"),
        " \t ",
        line("a_2.JPG", "Anger", "  "),
        "only half of a line A_3.jpg",
        line("A_4.jpg", "JOY"),
        line("A_5.jpg", "SADNESS"),
        line("A_6.jpg", "NEUTRAL"),
        line("A_6.jpg", "SURPRISE"),
        line("A_7", "DISGUST"),
    ]
    content = ("\ufeff" + "\r\n".join(lines)).encode() + b"\r\n\xff\xfe broken"
    pictures = {f"IMFDB_final/Some One/Fear/images/A_{number}.jpg": GREY for number in (1, 2, 3, 4, 6, 7, 8)}
    root = unpacked(
        tmp_path,
        pictures
        | {
            "IMFDB_final/Some One/Fear/Fear.txt": content,
            "IMFDB_final/Some One/.DS_Store": b"",
            "IMFDB_final/Other/Silent/images/B_1.jpg": GREY,
            "IMFDB_final/Other/Loud/images/B_1.jpg": GREY,
            "IMFDB_final/Other/Loud/loud.TXT": line("B_1.jpg", "FEAR").encode(),
        },
    )
    corpus = open_corpus("imfdb", str(root))
    folder = "Some One/Fear/images"
    assert rows(corpus) == [
        {"split": "train", "name": "Other/Loud/images/B_1.jpg", "subject": "Other", "expression": "fear"},
        {"split": "train", "name": f"{folder}/A_1.jpg", "subject": "Some One", "expression": "happiness"},
        {"split": "train", "name": f"{folder}/A_2.jpg", "subject": "Some One", "expression": "anger"},
    ]
    assert [clip.video for clip in corpus.clips()] == ["Other-00000", "Some One-00000"]
    assert fault_of(corpus, "Other/Silent") == "no .txt has labels for its 1 pictures"
    assert fault_of(corpus, "line 5").startswith("the line has no expression")
    assert fault_of(corpus, "line 7") == "its picture 'A_5.jpg' is not there"
    assert fault_of(corpus, "line 10") == "the line names no picture"
    assert fault_of(corpus, "line 11") == "the line is not text in UTF-8"
    assert "different expressions" in fault_of(corpus, "A_6.jpg")
    left = {name for name, reason in corpus.faults() if reason == "no line has a label for it"}
    assert left == {f"{folder}/A_{number}.jpg" for number in (3, 4, 7, 8)}
    assert fault_of(Imfdb(str(root / "IMFDB_final")), "line 6").startswith("the line has no expression")
    assert [clip.cropped for clip in Imfdb(str(root), cropped=False).clips()] == [False, False]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_twelfth_word_overrules_titles(expression: str) -> None:
    assert parse_line(line("x.jpg", expression.upper(), movie="ANGER")) == ("x.jpg", EXPRESSIONS.index(expression))


def test_another_word_counts_where_the_columns_are_shifted() -> None:
    assert parse_line("A_1.jpg Someone SURPRISE FRONTAL") == ("A_1.jpg", EXPRESSIONS.index("surprise"))
    with pytest.raises(BadLine, match="several expressions"):
        parse_line("A_1.jpg Fear Someone SURPRISE FRONTAL")


@given(text=st.one_of(st.text(max_size=60), st.lists(st.sampled_from(["a.jpg", "FEAR", "ANGER", "x"])).map(" ".join)))
def test_arbitrary_lines_give_an_expression_or_a_bad_line(text: str) -> None:
    with contextlib.suppress(BadLine):
        assert 0 <= parse_line(text)[1] < len(EXPRESSIONS)


@given(data=st.binary(max_size=100))
def test_arbitrary_bytes_after_a_good_line_are_faults(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    root = tmp_path_factory.getbasetemp() / "imfdb-bytes"
    unpacked(root, {"A/M/images/1.jpg": GREY, "A/M/M.txt": line("1.jpg", "FEAR").encode() + b"\n" + data})
    assert [row["expression"] for row in rows(Imfdb(str(root)))] == ["fear"]


def test_listing_opens_no_picture(tmp_path: Path) -> None:
    unpacked(tmp_path, {"A/M/images/1.jpg": b"broken", "A/M/M.txt": line("1.jpg", "FEAR").encode()})
    corpus = Imfdb(str(tmp_path))
    shutil.rmtree(tmp_path / "A/M/images")
    assert rows(corpus)
    with pytest.raises(AffectError, match=r"A/M/images/1\.jpg does not exist"):
        next(corpus.stills(next(corpus.clips()))).load()


def test_an_empty_folder_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match="as in the folder IMFDB_final"):
        Imfdb(str(tmp_path))
