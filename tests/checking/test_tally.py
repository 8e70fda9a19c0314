import numpy as np
import pytest

from affect.checking.tally import Tally
from affect.corpora.published import Count
from affect.labels import ACTION_UNITS
from tests.checking.made_corpus import made_labels


@pytest.fixture
def tally() -> Tally:
    """Two videos to train, one with two people, and one to test."""
    made = Tally()
    train = made.of("train")
    train.videos, train.frames, train.subjects = 2, 7, {"x", "y"}
    both = [made_labels(["anger", None, "fear"], [-1, 1, np.nan]), made_labels(["fear", None, None])]
    train.add_labels(both, video=True)
    train.add_labels([made_labels([None] * 4, units={12: [1, 0, -1, 1]})], video=True)
    test = made.of("test")
    test.videos, test.frames, test.subjects = 1, 2, {"z"}
    test.add_labels([made_labels(["anger", "anger"])], video=True)
    return made


@pytest.mark.parametrize(
    ("count", "measured"),
    [
        ({"measure": "videos"}, 3),
        ({"measure": "videos", "split": "train"}, 2),
        ({"measure": "videos", "task": "expression"}, 2),
        ({"measure": "videos", "task": "valence_arousal", "split": "train"}, 1),
        ({"measure": "frames"}, 9),
        ({"measure": "subjects", "split": "train"}, 2),
        ({"measure": "labelled", "task": "expression"}, 5),
        ({"measure": "labelled", "task": "valence_arousal"}, 2),
        ({"measure": "labelled", "task": "action_units"}, 3),
        ({"measure": "labelled", "task": "expression", "label": "anger"}, 3),
        ({"measure": "labelled", "task": "action_units", "label": "AU12"}, 2),
        ({"measure": "labelled", "task": "action_units", "label": "AU1"}, 0),
        ({"measure": "videos", "split": "validation"}, None),
        ({"measure": "labelled", "task": "compound"}, None),
    ],
)
def test_each_printed_number_has_its_count(tally: Tally, count: dict, measured: int | None) -> None:
    assert tally.measured(Count(value=1, where="a table", **count)) == measured


def test_a_corpus_that_names_nobody_tells_no_number_of_people(tally: Tally) -> None:
    for split in tally.splits.values():
        split.subjects.clear()
    assert tally.measured(Count(measure="subjects", value=1, where="a table")) is None


def test_the_plane_and_the_action_units(tally: Tally) -> None:
    whole = tally.total()
    assert whole.plane.sum() == 2
    assert whole.plane[5, 0] == whole.plane[15, 19] == 1  # arousal -0.5 and 0.5, valence -1 and 1
    place = ACTION_UNITS.index(12)
    assert (whole.active[place], whole.inactive[place], whole.active.sum()) == (2, 1, 2)


def test_adding_keeps_splits_apart(tally: Tally) -> None:
    joined = Tally()
    joined.add(tally)
    joined.add(tally)
    assert joined.of("test").expression.tolist() == [0, 4, 0, 0, 0, 0, 0]
    assert joined.of("train").subjects == {"x", "y"}
    assert tally.of("test").videos == 1
