import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect import storage
from affect.corpora.archive import Archive, by_base_name, find_archive, is_inside
from affect.errors import AffectError
from tests.made_pictures import encode

GREY = encode(np.full((4, 6, 3), 90, np.uint8), "PNG")
FILES = {
    "a/b.PNG": GREY,
    "c.jpg": b"",
    "a/._b.png": b"",
    ".hidden/d.png": b"",
    "__MACOSX/c.jpg": b"",
    "notes.txt": b"hi",
}


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return path


def unpacked(path: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


@pytest.fixture(params=["folder", "zip"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    folder = request.param == "folder"
    return Archive(str(unpacked(tmp_path / "x", FILES) if folder else packed(tmp_path / "x.ZIP", FILES)))


def test_folders_and_zips_are_alike(archive: Archive) -> None:
    assert archive.names() == ["a/b.PNG", "c.jpg"]
    assert archive.names((".txt",)) == ["notes.txt"]
    assert archive.read("notes.txt") == b"hi"
    again = pickle.loads(pickle.dumps(archive))  # noqa: S301 - just written
    np.testing.assert_array_equal(again.picture("a/b.PNG"), np.full((4, 6, 3), 90, np.uint8))


@pytest.mark.parametrize(("name", "reason"), [("no.png", "no.png"), ("c.jpg", r"x.*c\.jpg: the picture is empty")])
def test_what_cannot_be_read_is_named(archive: Archive, name: str, reason: str) -> None:
    with pytest.raises(AffectError, match=reason):
        archive.picture(name)


@given(data=st.binary(max_size=200), at=st.integers(0, 300))
def test_a_damaged_zip_gives_an_affect_error_or_the_file(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, at: int
) -> None:
    path = packed(tmp_path_factory.getbasetemp() / "damaged.zip", {"a.png": GREY, "b.png": GREY * 2})
    whole = path.read_bytes()
    path.write_bytes(whole[:at] + data + whole[at + len(data) :])
    archive = Archive(str(path))
    try:
        names = archive.names()
        assert all(archive.read(name) in (GREY, GREY * 2) for name in names)
    except AffectError as error:
        assert "damaged.zip" in str(error)  # noqa: PT017 - either outcome is right


def test_a_zip_on_s3_is_read_in_place(s3: str, tmp_path: Path) -> None:
    uri = storage.join(s3, "pictures.zip")
    storage.write_bytes(uri, packed(tmp_path / "x.zip", FILES).read_bytes())
    archive = find_archive(storage.join(s3, "no"), storage.join(s3, "pictures"))
    assert archive is not None
    assert archive.uri == uri
    assert archive.picture("a/b.PNG").shape == (4, 6, 3)


def test_an_archive_that_is_nowhere_is_not_found(tmp_path: Path) -> None:
    assert find_archive(str(tmp_path / "a"), str(tmp_path / "b")) is None


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../a.jpg", "a/../../b.jpg", "a\0.jpg"])
def test_paths_that_lead_elsewhere_are_told(path: str) -> None:
    assert not is_inside(path)
    assert is_inside("a/..b/c.jpg")


def test_of_one_name_the_first_path_counts() -> None:
    assert by_base_name(["a/x.jpg", "b/x.jpg", "y.jpg"]) == {"x.jpg": "a/x.jpg", "y.jpg": "y.jpg"}
