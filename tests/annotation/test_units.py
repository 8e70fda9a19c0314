"""What a corpus is divided by."""

import pytest

from affect.annotation.plans import Unit
from affect.annotation.units import corpus_units, label_shares, shared_people
from tests.annotation.made_corpus import MadeCorpus


def test_videos_and_single_pictures_are_units_and_faults_are_told() -> None:
    found, faults = corpus_units(MadeCorpus(videos=2))
    assert [(unit.name, unit.subjects, split) for unit, split in found] == [
        ("v00", ("p0",), "train"),
        ("v01", ("p0",), "train"),
        ("picture0.jpg", ("q",), "train"),
        ("picture1.jpg", (), "train"),
        ("picture2.jpg", ("q",), "train"),
        ("picture3.jpg", (), "train"),
    ]
    counted = [{task: counts.tolist() for task, counts in unit.counts.items()} for unit, _ in found]
    assert counted[0] == {"valence_arousal": [5, 5, 0, 0]}
    assert counted[4] == {"expression": [0, 0, 0, 0, 0, 1, 0]}
    assert counted[5] == {}
    assert faults == [("broken", "broken.txt, line 7: mend it")]


def test_who_is_in_several_splits() -> None:
    units = [Unit("a", ("x", "y")), Unit("b", ("y",)), Unit("c", ("x",)), Unit("d"), Unit("e")]
    assert shared_people(units, ["train", "test", "train", "train", "test"]) == ["y"]


def test_shares_of_each_label_in_each_split() -> None:
    found, _ = corpus_units(MadeCorpus(videos=4))
    units = [unit for unit, _ in found]
    shares = label_shares(units, ["train", "test", "train", "train"] + ["train", "test"] * 2)
    assert ("videos", "videos", "test", 3, pytest.approx(3 / 8)) in shares
    assert ("valence_arousal", "videos", "train", 3, 0.75) in shares
    assert ("valence_arousal", "V+A+", "test", 5, 0.25) in shares
    assert ("expression", "happiness", "train", 1, 0.5) in shares
    assert ("expression", "sadness", "test", 0, 0.0) in shares
    assert not any(label == "anger" for _, label, _, _, _ in shares)
