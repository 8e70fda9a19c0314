from pathlib import Path

from affect import storage
from affect.corpora.finding import VIDEO_SUFFIXES, by_stem, files_below, files_in, folders_below
from tests.corpora.made_files import write_files


def test_folders_are_given_parents_first_and_entered_only_as_deep_as_asked(tmp_path: Path) -> None:
    write_files(tmp_path, {"b/c/d/e/x": "", "a/x": "", "b/skip/deep/x": "", ".git/x": "", "__MACOSX/b/x": ""})
    found = folders_below(str(tmp_path), 3, lambda name: name != "skip")
    assert [uri.removeprefix(f"{tmp_path}/") for uri in found] == ["a", "b", "b/c", "b/c/d", "b/skip"]


def test_files_are_found_by_suffix_in_any_case_and_not_other_programs(tmp_path: Path) -> None:
    write_files(tmp_path, {"b.MP4": "", "a.avi": "", "c.txt": "", "._a.avi": "", "deep/d.mp4": "", ".x.mp4": ""})
    assert files_in(str(tmp_path), VIDEO_SUFFIXES) == [f"{tmp_path}/a.avi", f"{tmp_path}/b.MP4"]


def test_files_at_any_depth_and_by_name(tmp_path: Path) -> None:
    write_files(
        tmp_path, {"b/a.MPG": "", "a.mp4": "", "b/._c.mp4": "", "b/.d/e.mp4": "", "__MACOSX/f.mp4": "", "0.wmv": ""}
    )
    uris = files_below(str(tmp_path), VIDEO_SUFFIXES)
    assert [uri.removeprefix(f"{tmp_path}/") for uri in uris] == ["0.wmv", "a.mp4", "b/a.MPG"]
    found, doubles = by_stem(reversed(uris))
    assert found == {"0": f"{tmp_path}/0.wmv", "a": f"{tmp_path}/b/a.MPG"}
    assert list(found) == ["0", "a"]
    assert doubles == [(f"{tmp_path}/a.mp4", f"has the name of {tmp_path}/b/a.MPG and is not used")]


def test_buckets_are_searched_as_folders_are(s3: str) -> None:
    for path in ("found/a/b/1.mp4", "found/a/c/2.mp4"):
        storage.write_bytes(storage.join(s3, path), b"")
    root = storage.join(s3, "found")
    assert list(folders_below(root, 2)) == [storage.join(root, path) for path in ("a", "a/b", "a/c")]
    assert files_in(storage.join(root, "a/b"), VIDEO_SUFFIXES) == [storage.join(root, "a/b/1.mp4")]
    assert files_below(root, VIDEO_SUFFIXES) == [storage.join(root, path) for path in ("a/b/1.mp4", "a/c/2.mp4")]
