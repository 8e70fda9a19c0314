import pytest

from affect.corpora import CORPORA
from affect.corpora.published import Count, Published, all_published, published
from affect.labels import ACTION_UNITS, EXPRESSIONS, action_unit_label
from affect.metrics.defaults import DEFAULTS

LABELS = {"expression": EXPRESSIONS, "action_units": tuple(map(action_unit_label, ACTION_UNITS))}


def test_every_corpus_of_the_papers_is_there_and_can_be_read() -> None:
    assert set(DEFAULTS) <= set(all_published()) <= set(CORPORA)


@pytest.mark.parametrize("corpus", sorted(all_published()))
def test_what_is_printed_is_whole(corpus: str) -> None:
    printed = published(corpus)
    assert printed.counts or printed.facts
    assert all(entry.where for entry in (*printed.counts, *printed.facts))
    for count in printed.counts:
        assert count.split in (None, "train", "validation", "test")
        assert count.label is None or count.label in LABELS[str(count.task)]
        assert count.measure != "labelled" or count.task is not None
    assert len({(count.what, count.where) for count in printed.counts}) == len(printed.counts)


@pytest.mark.parametrize(
    ("corpus", "measure", "task", "whole"),
    [
        ("aff-wild", "videos", None, 298),
        ("aff-wild", "subjects", None, 200),
        ("aff-wild2", "videos", "valence_arousal", 558),
        ("aff-wild2", "videos", "expression", 84),
        ("aff-wild2", "videos", "action_units", 63),
        ("aff-wild2", "labelled", "valence_arousal", 2_786_201),
        ("fer2013", "pictures", None, 35_887),
        ("afew", "videos", None, 1809),
        ("recola", "subjects", None, 46),
    ],
)
def test_splits_add_up_to_the_whole_that_the_papers_print(
    corpus: str, measure: str, task: str | None, whole: int
) -> None:
    splits = [one for one in published(corpus).counts if (one.measure, one.task) == (measure, task) and one.split]
    assert sum(count.value for count in splits) == whole


def test_classes_add_up() -> None:
    classes = {one.label: one.value for one in published("fer2013").counts if one.label}
    assert set(classes) == set(EXPRESSIONS)
    assert sum(classes.values()) == 35_887


def test_numbers_have_words() -> None:
    count = Count(measure="labelled", task="action_units", split="train", label="AU1", value=1, where="a table")
    assert count.what == "labelled, action units, AU1, train"


def test_a_corpus_that_no_paper_describes_has_nothing() -> None:
    assert published("folder") == Published()
