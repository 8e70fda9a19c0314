import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.corpora.corpus import Clip
from affect.corpora.disfa import DISFA_ACTION_UNITS, PARTS, Disfa, parse_intensities
from affect.errors import AffectError
from affect.labels import ACTION_UNITS
from tests.corpora.made_files import grey_picture, sent, text_files, write_files


def labels_of(
    subject: str, units: tuple[int, ...] = DISFA_ACTION_UNITS, content: str = "1,0\n2,1\n3,2\n"
) -> dict[str, str]:
    return {f"ActionUnit_Labels/{subject}/{subject}_au{unit}.txt": content for unit in units}


def column(corpus: Disfa, clip: Clip, unit: int) -> list[int]:
    values: list[int] = corpus.labels(clip)["main"].action_units[:, ACTION_UNITS.index(unit)].tolist()
    return values


def test_both_cameras_videos_have_the_labels_of_their_person(tmp_path: Path) -> None:
    shorter = "\ufeff1,5\r\n\r\n3, 0\r\n"
    videos = ["Videos_LeftCamera/LeftVideoSN001_comp.avi", "Video_RightCamera/RightVideoSN001_comp.AVI"]
    files = labels_of("SN001") | {"ActionUnit_Labels/SN001/SN001_au12.txt": shorter} | dict.fromkeys(videos, "")
    corpus = sent(Disfa(str(write_files(tmp_path, files))))
    left, right = corpus.clips()
    assert left == Clip("disfa", "train", "SN001_left", str(tmp_path / videos[0]), "video", ("main",), ("SN001",))
    assert (right.video, right.media) == ("SN001_right", str(tmp_path / videos[1]))
    assert column(corpus, left, 1) == column(corpus, right, 1) == [0, 0, 1]
    assert column(corpus, left, 12) == [1, -1, 0]
    assert column(corpus, left, 7) == [-1, -1, -1]  # not annotated in this corpus
    assert corpus.faults() == []


@pytest.mark.parametrize(("active_from", "expected"), [(1, [0, 1, 1]), (2, [0, 0, 1]), (3, [0, 0, 0])])
def test_the_least_active_intensity_is_a_setting(tmp_path: Path, active_from: int, expected: list[int]) -> None:
    write_files(tmp_path, labels_of("SN001") | {"V/LeftVideoSN001_comp.avi": ""})
    corpus = Disfa(str(tmp_path), active_from=active_from)
    assert column(corpus, next(corpus.clips()), 25) == expected


@pytest.mark.parametrize(("inactive", "expected", "told"), [(True, 0, "never active"), (False, -1, "not annotated")])
def test_a_missing_file_is_told(tmp_path: Path, inactive: bool, expected: int, told: str) -> None:
    write_files(tmp_path, labels_of("SN001", DISFA_ACTION_UNITS[1:]) | {"V/LeftVideoSN001_comp.avi": ""})
    corpus = Disfa(str(tmp_path), missing_is_inactive=inactive)
    assert column(corpus, next(corpus.clips()), 1) == [expected] * 3
    ((name, reason),) = corpus.faults()
    assert name == "SN001"
    assert "AU1:" in reason
    assert told in reason


@pytest.mark.parametrize(
    ("folder", "video", "first"),
    [("images/SN001", "SN001", 0), ("LeftVideoSN001_comp", "SN001_left", 1), ("img/rightvideoSN001", "SN001_right", 1)],
)
def test_extracted_frames_are_read_where_there_is_no_video(tmp_path: Path, folder: str, video: str, first: int) -> None:
    pictures = {f"{folder}/{first}.png": grey_picture(1), f"{folder}/{first + 2:05d}.png": ""}
    corpus = Disfa(str(write_files(tmp_path, labels_of("SN001") | pictures)))
    (clip,) = corpus.clips()
    assert (clip.video, clip.kind, clip.subjects) == (video, "frames", ("SN001",))
    stills = list(corpus.stills(clip))
    assert [(still.frame, still.time_s) for still in stills] == [(0, 0.0), (2, 0.1)]
    assert (stills[0].load() == 1).all()


def test_a_video_counts_before_its_extracted_frames(tmp_path: Path) -> None:
    write_files(tmp_path, labels_of("SN001") | {"V/LeftVideoSN001_comp.avi": "", "images/LeftVideoSN001/1.png": ""})
    assert [clip.kind for clip in Disfa(str(tmp_path)).clips()] == ["video"]


@pytest.mark.parametrize(("test_part", "split"), [(None, "train"), (1, "test"), (2, "train"), (3, "train")])
def test_the_literatures_parts_are_a_setting(tmp_path: Path, test_part: int | None, split: str) -> None:
    write_files(tmp_path, labels_of("SN001") | {"V/LeftVideoSN001_comp.avi": ""})
    assert next(Disfa(str(tmp_path), test_part=test_part).clips()).split == split


def test_the_parts_are_of_nine_people_each_and_share_none() -> None:
    assert [len(part) for part in PARTS] == [9, 9, 9]
    assert len({person for part in PARTS for person in part}) == 27


@pytest.mark.parametrize("test_part", [0, 4])
def test_an_unknown_part_is_refused(tmp_path: Path, test_part: int) -> None:
    with pytest.raises(AffectError, match=f"test_part is {test_part}"):
        Disfa(str(tmp_path), test_part=test_part)


def test_what_has_no_counterpart_is_told(tmp_path: Path) -> None:
    files = labels_of("SN001") | labels_of("SN002") | {"V/LeftVideoSN001_comp.avi": "", "V/LeftVideoSN009_comp.avi": ""}
    corpus = Disfa(str(write_files(tmp_path, files | {"W/LeftVideoSN001_comp.avi": "", "V/notes.avi": ""})))
    assert [clip.video for clip in corpus.clips()] == ["SN001_left"]
    assert [name for name, _ in corpus.faults()] == ["SN001_left", "SN002", "SN009"]


@given(rows=st.dictionaries(st.integers(1, 50), st.integers(0, 5), max_size=30), write=text_files(blank_lines=True))
def test_intensities_come_back_as_written(rows: dict[int, int], write: Callable[[list[str]], bytes]) -> None:
    parsed = parse_intensities(write([f"{frame},{intensity}" for frame, intensity in rows.items()]), "f")
    assert parsed.tolist() == [rows.get(frame, -1) for frame in range(1, max(rows, default=0) + 1)]


@pytest.mark.parametrize(
    ("content", "line"), [("1,0\n2,6\n", 2), ("0,0\n", 1), ("1\n", 1), ("1,0\n1,0\n", 2), ("1,0,0\n", 1), ("1,x", 1)]
)
def test_a_fault_names_file_and_line(content: str, line: int) -> None:
    with pytest.raises(AffectError, match=rf"SN001_au1\.txt, line {line}: "):
        parse_intensities(content.encode(), "SN001_au1.txt")


@given(st.binary(max_size=60), st.booleans())
def test_arbitrary_bytes_give_labels_or_an_affect_error(data: bytes, start: bool) -> None:
    with contextlib.suppress(AffectError):
        assert parse_intensities(b"1,0\n" * start + data, "f").max(initial=0) <= 5
