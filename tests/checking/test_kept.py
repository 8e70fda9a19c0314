"""What is left of a corpus for training."""

from affect.checking.findings import Finding
from affect.checking.kept import kept
from tests.checking.made_corpus import MadeCorpus, noise, still

NAMES = {"train": ["a", "b", "c", "d", "e", "f", "g", "h", "i"], "validation": ["v", "w", "x", "blank too"]}


def corpus() -> MadeCorpus:
    made = MadeCorpus()
    for split, names in NAMES.items():
        made.clip(split, [still(name, place, noise(0)) for place, name in enumerate(names)], split=split)
    made.clip("film", kind="video")
    return made


def found(kind: str, name: str, other: str = "", what: str = "") -> Finding:
    return Finding(kind, "", name, other, what)  # type: ignore[arg-type]


def test_only_what_is_learnt_from_becomes_less() -> None:
    findings = [
        found("duplicate", "b", "a"),
        found("duplicate across splits", "v", "c"),
        found("duplicate", "e", "d"),
        found("contradiction", "d", "e", "expression: anger (1), fear (1)"),
        found("near duplicate across splits", "w", "f"),
        found("near duplicate", "h", "g"),
        found("blank", "i"),
        found("blank", "blank too"),
        found("contradiction", "a", "b", "votes: agree on no expression"),
        found("duplicate", "x", "w"),
        found("corpus", "index.csv"),
    ]
    units, splits, left_out = kept(corpus(), findings)
    assert [unit.name for unit in units] == ["a", "g", "h", *NAMES["validation"]]
    assert splits == ["train"] * 3 + ["validation"] * 4
    assert left_out == {
        "blank": 1,
        "nearly equal to one of another split": 1,
        "equal to one of another split": 1,
        "equal to one that is labelled differently": 2,
        "a copy": 1,
    }


def test_nothing_of_videos() -> None:
    made = MadeCorpus()
    made.clip("film", kind="video", media="/film.mp4")
    assert kept(made, [found("duplicate", "/film.mp4", "/other.mp4")]) == ([], [], {})
