"""Files are whole or absent, on a local disk and on a real S3 server alike."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from affect import storage
from affect.errors import AffectError


@pytest.fixture(params=["local", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "local":
        return str(tmp_path / "place")
    return storage.join(request.getfixturevalue("s3"), tmp_path.name)


def test_write_read_list_delete(place: str) -> None:
    assert storage.list_files(place) == []
    for name in ("b/two words.txt", "a/one.txt", "a/one.bin"):
        storage.write_text(storage.join(place, name), name)
    assert storage.list_files(place, ".txt") == [
        storage.join(place, "a/one.txt"),
        storage.join(place, "b/two words.txt"),
    ]
    assert storage.list_folders(place) == ["a", "b"]
    assert storage.read_text(storage.join(place, "a", "one.txt")) == "a/one.txt"
    storage.write_text(storage.join(place, "a/one.txt"), "again")
    assert storage.read_text(storage.join(place, "a/one.txt")) == "again"
    storage.delete_folder(storage.join(place, "a"))
    storage.delete_folder(storage.join(place, "never there"))
    assert storage.list_files(place) == [storage.join(place, "b/two words.txt")]


def test_a_failed_write_leaves_nothing(place: str) -> None:
    uri = storage.join(place, "large.bin")

    def half() -> None:
        with storage.whole_file(uri) as path:
            path.write_bytes(b"half")
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        half()
    assert not storage.exists(uri)
    assert storage.list_files(place) == []
    with storage.whole_file(uri) as path:
        path.write_bytes(b"whole")
    assert storage.read_bytes(uri) == b"whole"
    assert list(storage.read_parts(uri, 2)) == [b"wh", b"ol", b"e"]
    with storage.local_copy(uri) as copy:
        assert copy.read_bytes() == b"whole"


def test_names_may_be_as_long_as_the_disk_takes_them(tmp_path: Path) -> None:
    uri = str(tmp_path / ("n" * 255))
    storage.write_text(uri, "whole")
    with storage.whole_file(uri) as path:
        path.write_bytes(b"again")
    assert storage.read_text(uri) == "again"


def test_links_are_followed_once(tmp_path: Path) -> None:
    storage.write_text(tmp_path / "folder" / "one.txt", "")
    (tmp_path / "folder" / "up").symlink_to(tmp_path)
    (tmp_path / "elsewhere").symlink_to(tmp_path / "folder")
    (tmp_path / "nowhere").symlink_to(tmp_path / "never there")
    assert storage.list_files(tmp_path) == [str(tmp_path / name / "one.txt") for name in ("elsewhere", "folder")]
    assert storage.list_folders(tmp_path) == ["elsewhere", "folder"]


@pytest.mark.parametrize("listed", [storage.list_files, storage.list_folders])
def test_a_name_that_is_not_utf8_is_told(tmp_path: Path, listed: Callable[[Path], list[str]]) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.mp4")).write_bytes(b"")
    with pytest.raises(AffectError, match=r"caf\\xe9.mp4.* is not UTF-8; rename it"):
        listed(tmp_path)


def test_what_is_not_there_is_named(place: str) -> None:
    with pytest.raises(AffectError, match="missing.txt does not exist"):
        storage.read_bytes(storage.join(place, "missing.txt"))
    with pytest.raises(AffectError, match="missing.txt does not exist"):
        next(storage.read_parts(storage.join(place, "missing.txt"), 2))


def test_an_unknown_kind_of_location_is_refused() -> None:
    with pytest.raises(AffectError, match="s3://bucket/path"):
        storage.resolve("ftp://host/file")


def test_relative_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert storage.absolute("x/y") == str(tmp_path / "x" / "y")
    assert storage.absolute("s3://b/x") == "s3://b/x"
