import logging
import pickle
from pathlib import Path

import numpy as np
import pytest

from affect.corpora import open_corpus
from affect.corpora.aff_wild2 import AffWild2
from affect.corpora.corpus import Clip
from affect.errors import AffectError
from affect.labels import ACTION_UNITS, EXPRESSIONS
from tests.corpora.made_files import grey_picture, write_files

EXPRESSION_HEADER = ",".join(EXPRESSIONS)


def make(root: Path, annotations: dict[str, str], videos: tuple[str, ...] = ("batch1/a.mp4",)) -> Path:
    for path, content in annotations.items():
        file = root / "annotations" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    for video in videos:
        (root / video).parent.mkdir(parents=True, exist_ok=True)
        (root / video).write_bytes(b"")
    return root


def only(corpus: AffWild2) -> Clip:
    (clip,) = corpus.clips()
    return clip


VA = "valence,arousal\n0.5,-0.25\n-5,-5\n"


def test_the_three_sets_are_joined_and_filled_up(tmp_path: Path) -> None:
    root = make(
        tmp_path,
        {
            "VA_Set/Training_Set/a.txt": VA,
            "EXPR_Set/Training_Set/a.txt": f"{EXPRESSION_HEADER}\n4\n-1\n6\n",
            "AU_Set/Training_Set/a.txt": "AU1,AU12\n1,-1\n",
        },
    )
    corpus = AffWild2(str(root))
    clip = only(corpus)
    assert clip == Clip("aff-wild2", "train", "a", str(root / "batch1" / "a.mp4"), "video", ("main",), (None,))
    labels = corpus.labels(clip)["main"]
    np.testing.assert_array_equal(labels.valence, np.array([0.5, np.nan, np.nan], np.float32))
    np.testing.assert_array_equal(labels.arousal, np.array([-0.25, np.nan, np.nan], np.float32))
    assert labels.expression.tolist() == [4, -1, 6]
    assert labels.action_units[:, ACTION_UNITS.index(1)].tolist() == [1, -1, -1]
    assert (np.delete(labels.action_units, ACTION_UNITS.index(1), axis=1) == -1).all()


@pytest.mark.parametrize(
    ("folder", "split"),
    [
        ("VA_Set/Training_Set", "train"),
        ("VA_Set/Test_Set", "test"),
        ("VA_Estimation_Challenge/Train_Set", "train"),
        ("VA_Estimation_Challenge/Validation_Set", "validation"),
        ("va_set/training_set", "train"),
    ],
)
def test_both_vocabularies_of_folders_are_read(tmp_path: Path, folder: str, split: str) -> None:
    corpus = AffWild2(str(make(tmp_path, {f"{folder}/a.txt": VA}, ("batch2/a.avi",))))
    assert only(corpus).split == split
    assert corpus.labels(only(corpus))["main"].valence[0] == 0.5


@pytest.mark.parametrize(
    ("files", "persons"),
    [
        (["VA_Set/Training_Set/a_right.txt", "AU_Set/Training_Set/a_left.txt"], ("left", "right")),
        (["VA_Set/Training_Set/a.txt", "VA_Set/Training_Set/a_right.txt"], ("main", "right")),
        (["VA_Set/Training_Set/a_left.txt"], ("left",)),
    ],
)
def test_persons_come_from_suffixes_of_any_set(tmp_path: Path, files: list[str], persons: tuple[str, ...]) -> None:
    corpus = AffWild2(str(make(tmp_path, {file: VA if file.startswith("VA") else "AU1\n1\n" for file in files})))
    assert only(corpus).persons == persons
    assert set(corpus.labels(only(corpus))) == set(persons)
    assert corpus.faults() == []


def test_a_video_whose_own_name_ends_in_a_side_has_one_person(tmp_path: Path) -> None:
    corpus = AffWild2(str(make(tmp_path, {"VA_Set/Training_Set/turn_left.txt": VA}, ("batch1/turn_left.mp4",))))
    assert (only(corpus).video, only(corpus).persons) == ("turn_left", ("main",))


@pytest.mark.parametrize(
    ("splits", "expected"),
    [
        (("Training_Set", "Validation_Set"), "validation"),
        (("Validation_Set", "Training_Set"), "validation"),
        (("Training_Set", "Test_Set"), "test"),
        (("Test_Set", "Validation_Set"), "test"),
    ],
)
def test_the_most_held_out_split_wins_for_all_labels(tmp_path: Path, splits: tuple[str, str], expected: str) -> None:
    root = make(tmp_path, {f"VA_Set/{splits[0]}/a.txt": VA, f"AU_Set/{splits[1]}/a_left.txt": "AU1\n1\n"})
    corpus = AffWild2(str(root))
    assert only(corpus).split == expected
    assert set(corpus.labels(only(corpus))) == {"main", "left"}


def test_what_has_no_counterpart_is_told_and_does_not_end_the_reading(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    annotations = {f"VA_Set/Training_Set/{name}.txt": VA for name in ("a", "gone", "gone_left")}
    root = make(tmp_path, annotations, ("batch1/a.mp4", "batch1/silent.mp4", "batch2/a.avi"))
    with caplog.at_level(logging.WARNING, "affect"):
        corpus = AffWild2(str(root))
    assert only(corpus).media.endswith("batch1/a.mp4")
    assert {name for name, _ in corpus.faults()} == {"a", "gone", "silent"}
    assert all(name in caplog.text for name in ("gone_left.txt", "silent", "batch2/a.avi"))


def test_other_files_and_sets_are_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    annotations = {"VA_Set/Training_Set/a.txt": VA, "VA_Set/Training_Set/._a.txt": "\0", "VA_Set/readme/b.txt": VA}
    root = make(
        tmp_path, annotations | {"MTL_Challenge/train_set.txt": ""}, ("batch1/a.mp4", "cropped_aligned/a/a.mp4")
    )
    with caplog.at_level(logging.WARNING, "affect"):
        corpus = AffWild2(str(root))
    assert corpus.labels(only(corpus))["main"].valence[0] == 0.5
    assert "MTL_Challenge" in caplog.text
    assert "readme" in caplog.text
    assert corpus.faults() == []


def test_labels_are_read_only_when_asked_for(tmp_path: Path) -> None:
    corpus = AffWild2(str(make(tmp_path, {"VA_Set/Training_Set/a.txt": "valence,arousal\nbroken\n"})))
    clip = only(corpus)
    with pytest.raises(AffectError, match=r"VA_Set/Training_Set/a\.txt, line 2"):
        corpus.labels(clip)


def test_no_annotations_tells_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match=r"had from its authors"):
        open_corpus("aff-wild2", str(tmp_path))


def test_a_reader_survives_pickling(tmp_path: Path) -> None:
    corpus = AffWild2(str(make(tmp_path, {"VA_Set/Training_Set/a.txt": VA})))
    again = pickle.loads(pickle.dumps(corpus))  # noqa: S301 - just written
    assert list(again.clips()) == list(corpus.clips())
    assert again.labels(only(again))["main"].valence[0] == 0.5


@pytest.mark.parametrize(("index", "synthetic"), [(None, False), ('{"synthetic": true}', True), ("{}", False)])
def test_only_corpus_json_makes_a_corpus_synthetic(tmp_path: Path, index: str | None, synthetic: bool) -> None:
    make(tmp_path, {"VA_Set/Training_Set/a.txt": VA})
    if index is not None:
        (tmp_path / "corpus.json").write_text(index)
    assert AffWild2(str(tmp_path)).synthetic is synthetic


@pytest.mark.parametrize("index", ["", "[]", '{"videos": 3}', "\xff"])
def test_a_broken_corpus_json_is_named(tmp_path: Path, index: str) -> None:
    make(tmp_path, {"VA_Set/Training_Set/a.txt": VA})
    (tmp_path / "corpus.json").write_text(index, encoding="latin-1")
    with pytest.raises(AffectError, match=r"corpus\.json"):
        AffWild2(str(tmp_path))


def test_later_annotations_with_other_and_twelve_action_units_are_read(tmp_path: Path) -> None:
    units = "AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26"
    above = "6th ABAW Annotations"
    files: dict[str, str | bytes] = {
        f"{above}/EXPR_Recognition_Challenge/Train_Set/a.txt": f"\ufeff{EXPRESSION_HEADER},Other\r\n7\r\n6\r\n",
        f"{above}/AU_Detection_Challenge/Train_Set/a.txt": f"{units}\n{','.join(['1'] * 12)}\n",
        "batch1/a.mp4": "",
    }
    corpus = AffWild2(str(write_files(tmp_path, files)))
    labels = corpus.labels(only(corpus))["main"]
    assert labels.expression.tolist() == [-1, 6]
    assert (labels.action_units == 1).sum() == 12


def make_crops(root: Path, *crops: str) -> Path:
    annotations = {f"VA_Set/Training_Set/{name}.txt": VA for name in ("a_left", "a_right", "b", "gone")}
    make(root, annotations | {"AU_Set/Validation_Set/a.txt": "AU1\n1\n"}, ())
    return write_files(root, {f"cropped_aligned/{crop}": grey_picture(9, "JPEG") for crop in crops})


CROPS = ("a_left/00002.jpg", "batch1/b/00001.jpg", "batch1/b/00003.jpg", "c/00001.jpg")


@pytest.mark.parametrize("asked", [True, False])
def test_given_crops_are_read_when_asked_for_or_without_videos(tmp_path: Path, asked: bool) -> None:
    root = make_crops(tmp_path, *CROPS)
    (root / "corpus.json").write_text('{"videos": {"a": {"left": "someone"}}}')
    if asked:
        make(root, {}, ("batch1/b.mp4",))
        assert [clip.kind for clip in AffWild2(str(root)).clips()] == ["video"]
    corpus = AffWild2(str(root), crops=asked)
    left, other = corpus.clips()
    media = str(root / "cropped_aligned/a_left")
    # the video's other annotation holds out both of its people
    assert left == Clip("aff-wild2", "validation", "a_left", media, "frames", ("main",), ("someone",), cropped=True)
    assert (other.video, other.split, other.persons) == ("b", "train", ("main",))
    assert corpus.labels(left)["main"].valence[0] == 0.5
    (still,) = corpus.stills(left)
    assert (still.name, still.frame) == ("00002.jpg", 1)
    assert still.time_s == pytest.approx(1 / 30)
    assert still.load().shape == (8, 8, 3)
    assert [still.frame for still in corpus.stills(other)] == [0, 2]
    assert [name for name, _ in corpus.faults()] == ["a", "a_right", "gone", "c"]
    assert list(pickle.loads(pickle.dumps(corpus)).clips()) == [left, other]  # noqa: S301 - just written


def test_crops_that_are_asked_for_and_missing_are_told(tmp_path: Path) -> None:
    make(tmp_path, {"VA_Set/Training_Set/a.txt": VA})
    with pytest.raises(AffectError, match=r"has no crops; expected are cropped_aligned/"):
        open_corpus("aff-wild2-crops", str(tmp_path))


def test_aligned_crops_count_before_others(tmp_path: Path) -> None:
    write_files(make_crops(tmp_path, "b/00001.jpg"), {"cropped/b/00001.jpg": "", "cropped/a_left/00001.jpg": ""})
    corpus = AffWild2(str(tmp_path))
    assert [clip.media for clip in corpus.clips()] == [str(tmp_path / "cropped_aligned/b")]
