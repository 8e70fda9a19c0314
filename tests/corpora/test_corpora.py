from pathlib import Path

import pytest

from affect.corpora import CORPORA, open_corpus, options_of
from affect.errors import AffectError


@pytest.mark.parametrize(
    ("name", "hint"), [("affwild2", "aff-wild2"), ("simple", "sample"), ("xyz", "no corpus 'xyz'")]
)
def test_an_unknown_corpus_names_the_nearest(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(AffectError, match=hint):
        open_corpus(name, str(tmp_path))


@pytest.mark.parametrize("name", ["aff-wild2", "sample"])
def test_a_corpus_knows_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "annotations/VA_Set/Training_Set").mkdir(parents=True)
    (tmp_path / "annotations/VA_Set/Training_Set/a.txt").write_text("valence,arousal\n0,0\n")
    (tmp_path / "batch1").mkdir()
    (tmp_path / "batch1/a.mp4").write_bytes(b"")
    corpus = open_corpus(name, str(tmp_path))
    assert corpus.name == name
    assert [clip.corpus for clip in corpus.clips()] == [name]


@pytest.mark.parametrize("name", sorted(CORPORA))
def test_a_folder_without_the_corpus_says_what_belongs_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.md").write_text("nothing")
    with pytest.raises(AffectError, match="; expected (is|are) |; check the path"):
        list(open_corpus(name, str(tmp_path)).clips())


@pytest.mark.parametrize("name", sorted(CORPORA))
def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.md").write_text("nothing")
    with pytest.raises(AffectError, match=r"notes\.md"):
        list(open_corpus(name, str(tmp_path / "notes.md")).clips())


def test_options_of_a_reader(tmp_path: Path) -> None:
    assert options_of("recola") == ["delay_s"]
    assert "name" not in options_of("bp4d-plus")
    with pytest.raises(AffectError, match=r"no option of the corpus recola 'delay'; did you mean 'delay_s'"):
        open_corpus("recola", str(tmp_path), {"delay": 2})
