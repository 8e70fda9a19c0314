"""Rows are found by corpus, split, size and fold; synthetic ones are never mixed with others."""

from dataclasses import replace
from pathlib import Path

import pytest

from affect import storage
from affect.errors import AffectError
from affect.reproduction.holdings import Holdings, look_at
from tests.made_rows import write_rows
from tests.reproduction.made_shelves import SPLITS, shelf


def test_what_lies_in_a_folder(tmp_path: Path) -> None:
    folder = str(tmp_path)
    write_rows(folder, {"train": 1, "test": 1}, frames=3)
    storage.write_text(storage.join(folder, "config.yaml"), "corpus: made\nfold: 2\n")
    (found,) = look_at([folder]).shelves
    assert (found.corpus, found.splits, found.size, found.synthetic, found.fold) == (
        "made", {"train", "test"}, 32, True, 2,
    )  # fmt: skip


def test_a_folder_without_rows(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match="no pre-processed rows"):
        look_at([str(tmp_path)])


def test_synthetic_rows_are_not_mixed_with_others() -> None:
    made = replace(shelf("sample"), synthetic=True)
    assert Holdings((made,)).synthetic
    assert not Holdings((shelf("fer2013"),)).synthetic
    with pytest.raises(AffectError, match="the rows of sample are synthetic and the others are not"):
        _ = Holdings((made, shelf("fer2013"))).synthetic


def test_shelves_are_chosen_by_what_they_hold() -> None:
    held = Holdings((shelf("afew-va", fold=0), shelf("afew-va"), shelf("disfa", size=224), shelf("disfa")))
    assert held.of(["afew-va"], 96).folders == ("/rows/afew-va-96",)
    assert held.of(["afew-va"], 96, 0).folders == ("/rows/afew-va-0-96",)
    assert held.of([], 96).corpora == ("afew-va", "disfa")
    assert Holdings((shelf("disfa", splits=frozenset({"train"})), shelf("afew-va"))).splits == SPLITS
    assert Holdings(()).splits == frozenset()
    assert held.of(["disfa"], 224).with_split("absent").shelves == ()
