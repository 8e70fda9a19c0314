"""Splits from a file in place of the corpus's own."""

from pathlib import Path

from affect.corpora.partitioned import Partitioned
from tests.made_media import FolderOfClips, make_video, portrait
from tests.preprocessing.test_pictures import write


def test_videos_and_pictures_move_and_the_rest_is_told(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        make_video(tmp_path / f"{name}.mp4", [portrait(32)])
    (tmp_path / "one.labels").write_text("3")
    write(tmp_path / "lot.pictures", {name: portrait(32) for name in "abcd"})
    splits = {"one": "test", "two": "validation", "a": "train", "b": "test", "d": "train"}
    corpus = Partitioned(FolderOfClips(str(tmp_path)), splits)
    clips = {(clip.video, clip.split): clip for clip in corpus.clips()}
    assert list(clips) == [("lot", "test"), ("lot", "train"), ("one", "test"), ("two", "validation")]
    assert [still.name for still in corpus.stills(clips["lot", "train"])] == ["a", "d"]
    # Labels go by the place in the lot, which stays.
    assert [still.frame for still in corpus.stills(clips["lot", "train"])] == [0, 3]
    assert len(corpus.labels(clips["one", "test"])["main"]) == 3
    assert corpus.faults() == [
        ("c", "in no split of the given partition"),
        ("three", "in no split of the given partition"),
    ]
