from pathlib import Path

import pytest

from affect.corpora import CORPORA, open_corpus
from affect.errors import AffectError


@pytest.mark.parametrize(
    ("name", "hint"), [("affwild2", "aff-wild2"), ("simple", "sample"), ("xyz", "known: aff-wild2")]
)
def test_an_unknown_corpus_names_the_nearest(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(AffectError, match=hint):
        open_corpus(name, str(tmp_path))


@pytest.mark.parametrize("name", sorted(CORPORA))
def test_a_corpus_knows_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "annotations/VA_Set/Training_Set").mkdir(parents=True)
    (tmp_path / "annotations/VA_Set/Training_Set/a.txt").write_text("valence,arousal\n0,0\n")
    (tmp_path / "batch1").mkdir()
    (tmp_path / "batch1/a.mp4").write_bytes(b"")
    corpus = open_corpus(name, str(tmp_path))
    assert corpus.name == name
    assert [clip.corpus for clip in corpus.clips()] == [name]
