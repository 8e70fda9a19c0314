from pathlib import Path

import pytest

from affect.corpora.folder import Folder
from affect.errors import AffectError


def touch(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"")
    return root


def test_videos_and_pictures_at_any_depth_are_found(tmp_path: Path) -> None:
    touch(tmp_path, "a.MP4", "deep/er/b.jpeg", "deep/notes.txt", "deep/.c.mp4.part", "deep/._d.mp4")
    clips = list(Folder(str(tmp_path)).clips())
    assert [(clip.video, clip.kind, clip.split, clip.persons) for clip in clips] == [
        ("a", "video", "unlabelled", ()),
        ("deep__er__b", "picture", "unlabelled", ()),
    ]
    assert clips[1].media == str(tmp_path / "deep/er/b.jpeg")


@pytest.mark.parametrize(
    "paths",
    [("a.mp4", "a.mov"), ("a/b.mp4", "a__b.mp4"), ("a/b.mp4", "a__b.mp4", "a__b.mov"), ("a.mp4", "a.mov", "a.mov.mp4")],
)
def test_names_never_clash(tmp_path: Path, paths: tuple[str, ...]) -> None:
    names = [clip.video for clip in Folder(str(touch(tmp_path, *paths))).clips()]
    assert len(names) == len(set(names)) == len(paths)


def test_files_of_one_name_keep_their_suffixes(tmp_path: Path) -> None:
    names = [clip.video for clip in Folder(str(touch(tmp_path, "a.mp4", "a.mov", "b.mp4"))).clips()]
    assert names == ["a.mov", "a.mp4", "b"]


def test_a_folder_without_media_is_told(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match=r"holds no video .* and no picture"):
        list(Folder(str(touch(tmp_path, "notes.txt"))).clips())


def test_there_are_no_labels(tmp_path: Path) -> None:
    corpus = Folder(str(touch(tmp_path, "a.mp4")))
    assert [corpus.labels(clip) for clip in corpus.clips()] == [{}]
