import contextlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora.aff_wild import AffWild, parse_numbered, parse_values
from affect.corpora.corpus import Clip
from affect.errors import AffectError
from tests.corpora.made_files import grey_picture, sent, text_files, write_files
from tests.corpora.test_points import points_file

NAN = float("nan")
BOX = points_file([(10, 20), (10, 70), (40, 70), (40, 20)])
LANDMARKS = points_file([(i, i + 0.5) for i in range(68)])


def challenge(root: Path, videos: tuple[str, ...] = ("videos/train/105.avi",), **more: str) -> AffWild:
    labels = {
        "annotations/train/valence/105.txt": "\ufeff0.5\r\n-0.25\r\n1\r\n",
        "annotations/train/arousal/105.txt": "0.1\n 0.2 \n\n",
    }
    return AffWild(str(write_files(root, labels | more | dict.fromkeys(videos, ""))))


def test_the_challenge_form_is_read_with_the_shorter_file_counting(tmp_path: Path) -> None:
    corpus = sent(challenge(tmp_path))
    (clip,) = corpus.clips()
    media = str(tmp_path / "videos/train/105.avi")
    assert clip == Clip("aff-wild", "train", "105", media, "video", ("main",), (None,))
    labels = corpus.labels(clip)["main"]
    np.testing.assert_array_equal(labels.valence, np.array([0.5, -0.25], np.float32))
    np.testing.assert_array_equal(labels.arousal, np.array([0.1, 0.2], np.float32))
    assert (labels.expression == -1).all()
    assert (labels.action_units == -1).all()
    assert corpus.faults() == []


def test_one_dimension_alone_leaves_the_other_unannotated(tmp_path: Path) -> None:
    corpus = AffWild(str(write_files(tmp_path, {"annotations/test/arousal/7.txt": "0.5\n", "videos/test/7.mp4": ""})))
    (clip,) = corpus.clips()
    assert clip.split == "test"
    labels = corpus.labels(clip)["main"]
    assert labels.arousal.tolist() == [0.5]
    assert np.isnan(labels.valence).all()


def test_boxes_and_landmarks_reach_the_frames_of_their_numbers(tmp_path: Path) -> None:
    corpus = challenge(
        tmp_path,
        ("frames/105/00001.jpg", "frames/105/00002.jpg", "frames/105/._00002.jpg", "frames/105/00004.jpg"),
        **{
            "bboxs/train/105/2.pts": BOX,
            "landmarks/train/105/1.pts": LANDMARKS,
            "landmarks/train/105/4.pts": LANDMARKS,
        },
    )
    (clip,) = corpus.clips()
    assert (clip.kind, clip.cropped, clip.media) == ("frames", False, str(tmp_path / "frames/105"))
    first, second, fourth = corpus.stills(clip)
    assert [still.frame for still in (first, second, fourth)] == [0, 1, 3]
    assert fourth.time_s == pytest.approx(0.1)
    assert (first.box, second.box) == (None, (10, 20, 30, 50))
    assert second.landmarks68 is None
    assert first.landmarks68 is not None
    np.testing.assert_array_equal(first.landmarks68[67], [67, 67.5])
    with pytest.raises(AffectError, match=r"00001\.jpg"):
        first.load()


def test_a_broken_file_of_points_is_named(tmp_path: Path) -> None:
    corpus = challenge(tmp_path, ("frames/105/00001.jpg",), **{"landmarks/train/105/1.pts": "{\n1 x\n}"})
    (clip,) = corpus.clips()
    with pytest.raises(AffectError, match=r"landmarks/train/105/1\.pts, line 2"):
        list(corpus.stills(clip))


def test_the_form_at_30_frames_a_second_is_read(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "train/trainLabel/114-30-1280x720-1.txt": "2 -500 1000\r\n\r\n1\t250  0\r\n4 1 2\r\n",
        "train/trainLabel/.DS_Store": "",
        "train/trainVideos/114-30-1280x720-1/00001.jpg": grey_picture(9, "JPEG"),
        "train/trainVideos/114-30-1280x720-1/00004.jpg": "",
    }
    corpus = AffWild(str(write_files(tmp_path, files)))
    (clip,) = corpus.clips()
    assert (clip.split, clip.video, clip.subjects, clip.kind) == ("train", "114-30-1280x720-1", ("114",), "frames")
    labels = corpus.labels(clip)["main"]
    np.testing.assert_allclose(labels.valence, [0.25, -0.5, NAN, 0.001], rtol=1e-6)
    np.testing.assert_allclose(labels.arousal, [0, 1, NAN, 0.002], rtol=1e-6)
    stills = list(corpus.stills(clip))
    assert [(still.name, still.frame) for still in stills] == [("00001.jpg", 0), ("00004.jpg", 3)]
    assert stills[0].load().shape == (8, 8, 3)


def test_without_folders_of_splits_all_is_for_training(tmp_path: Path) -> None:
    write_files(tmp_path, {"labels/1-30-1280x720.txt": "1 0 0\n", "frames/1-30-1280x720/00001.jpg": ""})
    (clip,) = AffWild(str(tmp_path)).clips()
    assert (clip.split, clip.subjects) == ("train", ("1",))


@pytest.mark.parametrize(("frames", "kind"), [(False, "video"), (True, "frames")])
def test_a_video_counts_before_its_frames_unless_asked(tmp_path: Path, frames: bool, kind: str) -> None:
    challenge(tmp_path, ("videos/train/train/105.mp4", "frames/train/105/00001.jpg"))
    (clip,) = AffWild(str(tmp_path), frames=frames).clips()
    assert clip.kind == kind


def test_what_has_no_counterpart_is_told(tmp_path: Path) -> None:
    corpus = challenge(
        tmp_path, ("videos/train/105.avi", "videos/b/105.mp4", "videos/test/9.mp4"), **{"annotations/gone.txt": "1 0 0"}
    )
    assert [clip.video for clip in corpus.clips()] == ["105"]
    faults = dict(corpus.faults())
    assert set(faults) == {"105", "gone", "9"}
    assert "videos/train/105.avi has the name of" in faults["105"]
    assert "annotations/gone.txt" in faults["gone"]


@given(values=st.lists(st.integers(-1000, 1000), min_size=1, max_size=30), write=text_files())
def test_values_come_back_as_written(values: list[int], write: Callable[[list[str]], bytes]) -> None:
    parsed = parse_values(write([str(value / 1000) for value in values]), "f")
    np.testing.assert_allclose(parsed, np.array(values) / 1000, atol=1e-7)


@given(
    rows=st.dictionaries(st.integers(0, 40), st.tuples(*[st.integers(-1000, 1000)] * 2), max_size=20),
    write=text_files(blank_lines=True),
)
def test_numbered_lines_come_back_as_written(
    rows: dict[int, tuple[int, int]], write: Callable[[list[str]], bytes]
) -> None:
    table = parse_numbered(write([f"{frame} {row[0]} {row[1]}" for frame, row in rows.items()]), "f")
    first = 0 if 0 in rows else 1
    assert len(table) == max(rows, default=first - 1) + 1 - first
    for index, row in enumerate(table):
        wanted = rows.get(index + first)
        np.testing.assert_allclose(row, [NAN, NAN] if wanted is None else np.array(wanted) / 1000, atol=1e-7)


@pytest.mark.parametrize(
    ("parse", "content", "line"),
    [
        (parse_values, "0.5\n1.5\n", 2),
        (parse_values, "0.5\n\n0.5\n", 2),
        (parse_values, "nan\n", 1),
        (parse_values, "", 1),
        (parse_numbered, "1 0 0\n2 0\n", 2),
        (parse_numbered, "1 0 1001\n", 1),
        (parse_numbered, "1 0 0\n1 0 0\n", 2),
        (parse_numbered, "-1 0 0\n", 1),
        (parse_numbered, "9999999 0 0\n", 1),
    ],
)
def test_a_fault_names_file_and_line(parse: Callable[[bytes, str], object], content: str, line: int) -> None:
    with pytest.raises(AffectError, match=rf"some/video\.txt, line {line}: "):
        parse(content.encode(), "some/video.txt")


@given(parse=st.sampled_from([parse_values, parse_numbered]), data=st.binary(max_size=60), start=st.booleans())
def test_arbitrary_bytes_give_labels_or_an_affect_error(
    parse: Callable[[bytes, str], object], data: bytes, start: bool
) -> None:
    with contextlib.suppress(AffectError):
        parse(b"1 0 0\n" * start + data, "f")
