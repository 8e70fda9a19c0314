"""What is left to do, and the list of what was set aside."""

from pathlib import Path

import numpy as np
import pytest

from affect.faces import load_detector
from affect.preprocessing.clip import settle_clip
from affect.preprocessing.outstanding import outstanding, read_set_aside, set_aside_csv
from affect.preprocessing.settings import Preprocessing
from affect.preprocessing.summary import ClipSummary
from tests.made_media import FolderOfClips, make_video

SETTINGS = Preprocessing()
GREY = np.full((64, 64, 3), 90, np.uint8)


@pytest.fixture
def corpus(tmp_path: Path) -> FolderOfClips:
    (tmp_path / "media").mkdir()
    make_video(tmp_path / "media" / "short.mp4", [GREY] * 2)
    make_video(tmp_path / "media" / "long.mp4", [GREY] * 30)
    (tmp_path / "media" / "broken.mp4").write_bytes(b"nothing")
    return FolderOfClips(str(tmp_path / "media"))


def test_largest_first_then_only_what_is_left(corpus: FolderOfClips, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    left = outstanding(corpus, out, SETTINGS, {})
    assert [clip.video for clip in left.todo] == ["long", "short", "broken"]
    assert left.settled == []
    detector = load_detector(SETTINGS.detector)
    done = [settle_clip(corpus, clip, out, SETTINGS, detector) for clip in left.todo[1:]]
    (tmp_path / "set_aside.csv").write_text(set_aside_csv(done, []))
    listed = read_set_aside(str(tmp_path / "set_aside.csv"))
    left = outstanding(corpus, out, SETTINGS, listed)
    assert [clip.video for clip in left.todo] == ["long"]
    assert [(one.video, one.skipped, one.set_aside is not None) for one in left.settled] == [
        ("broken", False, True),
        ("short", True, False),
    ]
    make_video(tmp_path / "media" / "broken.mp4", [GREY])  # mended
    assert [clip.video for clip in outstanding(corpus, out, SETTINGS, listed).todo] == ["long", "broken"]


def test_clips_that_cannot_be_looked_at_are_settled(corpus: FolderOfClips, tmp_path: Path) -> None:
    (tmp_path / "media" / "lost.mp4").symlink_to(tmp_path / "nowhere.mp4")
    settled = outstanding(corpus, str(tmp_path / "out"), SETTINGS, {}).settled
    assert [(one.video, str(one.set_aside).endswith("does not exist")) for one in settled] == [("lost", True)]


def test_the_list_of_what_was_set_aside(tmp_path: Path) -> None:
    clips = [
        ClipSummary("c", "train", "b", "b.mp4", "2", set_aside='it says "no", twice'),
        ClipSummary("c", "train", "a", "a.mp4", "1", no_sound="the video has no sound"),
        ClipSummary("c", "train", "fine", "f.mp4", "3"),
    ]
    path = tmp_path / "set_aside.csv"
    path.write_text(set_aside_csv(clips, [("d", "no annotation")]))
    lines = path.read_text().splitlines()
    assert [line.split(",")[2:4] for line in lines[1:]] == [["a", "sound"], ["b", "clip"], ["d", "corpus"]]
    assert read_set_aside(str(path)) == {"2": 'it says "no", twice'}
    assert read_set_aside(str(tmp_path / "other.csv")) == {}
