"""Terms are told of corpora that there are, and are not made up."""

import pytest

from affect.corpora import CORPORA
from affect.corpora.terms import all_terms, terms


def test_all_are_of_corpora_and_say_who_says_so() -> None:
    assert set(all_terms()) <= set(CORPORA)
    assert all(of.text and of.where for of in all_terms().values())


@pytest.mark.parametrize("corpus", ["aff-wild2-crops", "aff-wild2-mtl"])
def test_forms_of_a_corpus_have_its_terms(corpus: str) -> None:
    assert terms(corpus) == terms("aff-wild2") is not None


@pytest.mark.parametrize("corpus", ["aff-wild", "affectnet", "folder", "no-such-corpus"])
def test_what_is_not_known_is_not_told(corpus: str) -> None:
    assert terms(corpus) is None
