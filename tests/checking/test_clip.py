from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from affect.checking.clip import CheckedClip, check_clip
from affect.errors import AffectError
from tests.checking.made_corpus import MadeCorpus, broken, cat, made_labels, noise, still
from tests.made_media import make_video

BLACK = np.zeros((48, 48, 3), np.uint8)


def found(checked: CheckedClip) -> list[tuple[str, str, str]]:
    return [(one.kind, one.name, one.what) for one in checked.findings]


def check(corpus: MadeCorpus) -> CheckedClip:
    return check_clip(corpus, next(corpus.clips()), 0)


def test_of_pictures_each_is_read_and_the_rest_goes_on() -> None:
    corpus = MadeCorpus()
    absent = AffectError("c.png does not exist")
    stills = [still("a", 0, noise(0)), still("b", 1, broken("b.png")), still("c", 2, absent), still("d", 3, BLACK)]
    stills.append(still("e", 4, noise(4), subject="eve"))
    corpus.clip("lot", stills, {"main": made_labels(["anger"] * 6)})
    checked = check(corpus)
    assert found(checked) == [
        ("unreadable", "b", "b.png is broken"),
        ("missing", "c", "c.png does not exist"),
        ("blank", "d", "one level of grey, 0 of 255"),
        ("mismatch", "lot", "labels of 6 pictures, and 5 pictures"),
    ]
    assert checked.pictures["frame"].tolist() == [0, 3, 4]
    assert checked.pictures["blank"].tolist() == [False, True, False]
    assert checked.pictures["expression"].tolist() == [1, 1, 1]
    train = checked.tally.of("train")
    assert (train.pictures, train.videos, train.subjects) == (5, 0, {"eve"})
    assert checked.pictures.itemsize <= 80


@pytest.mark.parametrize(
    ("labelled", "told"),
    [
        (["anger"] * 6, []),
        (["anger"] * 4, [("mismatch", "main", "labels for 4 frames, and 6 frames")]),
        (["anger"] * 6 + [None], [("mismatch", "main", "labels for 7 frames, and 6 frames")]),
        (["anger"] * 8, [("mismatch", "main", "2 labelled frames after the last, 6")]),
    ],
)
def test_labels_are_held_against_the_frames_of_a_video(tmp_path: Path, labelled: list, told: list) -> None:
    path = make_video(tmp_path / "v.mp4", [noise(n, 64) for n in range(6)])
    corpus = MadeCorpus()
    corpus.clip("v", labels={"main": made_labels(labelled)}, kind="video", media=str(path))
    checked = check(corpus)
    assert found(checked) == told
    assert checked.tally.of("train").frames == 6
    assert checked.near is not None
    assert checked.near.shape == (5, 2)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9000])


@pytest.mark.parametrize(("harm", "kind"), [(_cut, "unreadable"), (Path.unlink, "missing")])
def test_a_video_that_cannot_be_read_to_its_end(tmp_path: Path, harm: Callable[[Path], None], kind: str) -> None:
    path = make_video(tmp_path / "v.mp4", [noise(n, 64) for n in range(9)])
    harm(path)
    corpus = MadeCorpus()
    corpus.clip("v", labels={"main": made_labels(["fear"] * 9)}, kind="video", media=str(path))
    checked = check(corpus)
    assert [(one[0], one[1]) for one in found(checked)] == [(kind, str(path))]
    assert checked.near is None
    assert checked.tally.of("train").labelled["expression"] == 9


def test_frames_of_a_video_without_a_picture_and_blank_ones(tmp_path: Path) -> None:
    corpus = MadeCorpus()
    stills = [still("0", 0, cat()), still("2", 2, BLACK), still("3", 3, broken("3.png")), still("5", 5, cat())]
    corpus.clip("v", stills, {"main": made_labels(["fear", "fear", "fear", "fear", None, "fear"])}, kind="frames")
    assert found(check(corpus)) == [
        ("unreadable", "3", "3.png is broken"),
        ("blank", "v", "1 of 3 frames"),
        ("mismatch", "v", "1 labelled frames have no picture"),
    ]


def test_of_many_broken_frames_the_first_are_listed() -> None:
    corpus = MadeCorpus()
    corpus.clip("v", [still(str(n), n, broken("it")) for n in range(25)], kind="frames")
    told = found(check(corpus))
    assert len(told) == 21
    assert told[-1] == ("unreadable", "v", "5 more frames cannot be read")


def test_labels_that_cannot_be_read_do_not_hide_the_pictures() -> None:
    corpus = MadeCorpus()
    corpus.clip("lot", [still("a", 0, BLACK)], broken("labels.csv"))
    assert [one[0] for one in found(check(corpus))] == ["unreadable", "blank"]


def test_a_fault_of_the_code_is_a_finding() -> None:
    corpus = MadeCorpus()
    corpus.clip("lot", labels=ZeroDivisionError("oh"))
    assert found(check(corpus)) == [("error", "/nowhere", "unexpected ZeroDivisionError: oh")]
