"""Folders of people: who is who, what is held out, what cannot be used."""

from pathlib import Path

import numpy as np
import pytest

from affect.corpora import open_corpus
from affect.errors import AffectError
from tests.corpora.reading import fault_of, rows
from tests.made_pictures import encode

GREY = encode(np.full((12, 9, 3), 50, np.uint8), "JPEG")


def people(root: Path, counts: dict[str, int]) -> Path:
    for person, count in counts.items():
        (root / person).mkdir(parents=True)
        for number in range(count):
            (root / person / f"{number:04d}_01.jpg").write_bytes(GREY)
    return root


def test_one_picture_in_so_many_of_each_person_is_held_out(tmp_path: Path) -> None:
    people(tmp_path, {"n1": 40, "n2": 7, "n3": 1})
    corpus = open_corpus("vggface2", str(tmp_path))
    found = rows(corpus)
    counts = {
        (row["subject"], split): sum(other["subject"] == row["subject"] and other["split"] == split for other in found)
        for row in found
        for split in ("train", "validation")
    }
    assert counts == {
        ("n1", "train"): 38, ("n1", "validation"): 2,
        ("n2", "train"): 6, ("n2", "validation"): 1,
        ("n3", "train"): 1, ("n3", "validation"): 0,
    }  # fmt: skip
    assert "one picture" in fault_of(corpus, "n3")
    # A lot has pictures of all people, in no order of them.
    names = [row["subject"] for row in found if row["split"] == "train"][:20]
    assert len(set(names)) > 1


def test_the_training_folder_of_vggface2_is_taken(tmp_path: Path) -> None:
    people(tmp_path / "train", {"n1": 4, "n2": 4})
    people(tmp_path / "test", {"n9": 4})
    (tmp_path / "train" / "stray.jpg").write_bytes(GREY)
    corpus = open_corpus("vggface2", str(tmp_path), {"validation_every": 2})
    assert {row["subject"] for row in rows(corpus)} == {"n1", "n2"}
    assert corpus.name == "vggface2"
    assert "no person's folder" in fault_of(corpus, "stray.jpg")


@pytest.mark.parametrize(
    ("counts", "options", "message"),
    [
        ({"n1": 3}, {}, "one person"),
        ({}, {}, "a folder for each person"),
        ({"n1": 3}, {"validation_every": 1}, "nothing"),
    ],
)
def test_what_cannot_be_told_apart(tmp_path: Path, counts: dict[str, int], options: dict, message: str) -> None:
    with pytest.raises(AffectError, match=message):
        open_corpus("identities", str(people(tmp_path, counts)), options)
