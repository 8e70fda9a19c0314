"""What replaced what is kept once and whole, and leads back."""

import json
from pathlib import Path

import pytest

from affect import storage
from affect.errors import AffectError
from affect.models import store
from affect.models.files import locate_model
from affect.models.history import Change, came_before
from tests.made_models import write_model


@pytest.fixture(params=["local", "s3"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return (
        str(tmp_path / "store")
        if request.param == "local"
        else storage.join(request.getfixturevalue("s3"), tmp_path.name)
    )


def promoted(folder: Path, where: str, count: int) -> None:
    for number in range(1, count + 1):
        write_model(str(folder / f"model{number}"), number, recipe=f"made{number}")
        store.promote(str(folder / f"model{number}"), where, "faces")


def test_back_and_back_again(where: str, tmp_path: Path) -> None:
    promoted(tmp_path, where, 3)
    change = store.back(where, "faces", reason="it stares")
    assert change is not None
    assert (change.version, change.before, change.reason) == ("0002", "0003", "it stares")
    assert store.current(where, "faces") == "0002"
    assert locate_model(storage.join(where, "faces")) == store.resolve(where, "faces", "2")
    store.back(where, "faces")
    assert store.current(where, "faces") == "0001", "not forth to the one that it came from"
    with pytest.raises(AffectError, match="0001 replaced no other version"):
        store.back(where, "faces")
    store.back(where, "faces", "3")
    assert store.back(where, "faces", "0003") is None
    assert [(change.action, change.version) for change in store.history(where, "faces")] == [
        ("promote", "0001"),
        ("promote", "0002"),
        ("promote", "0003"),
        ("back", "0002"),
        ("back", "0001"),
        ("back", "0003"),
    ]
    with pytest.raises(AffectError, match="no version '9'"):
        store.back(where, "faces", "9")
    files = storage.list_files(storage.join(where, "faces", "history"))
    assert [uri.rsplit("/", 1)[1] for uri in files] == [f"{number:06d}.json" for number in range(1, 7)]


def test_a_change_whose_file_was_not_written_is_not_lost(where: str, tmp_path: Path) -> None:
    """Whoever made it was killed after current.json: it is told, and the next change writes its file."""
    promoted(tmp_path, where, 2)
    lost = storage.join(where, "faces", "history", "000002.json")
    whole = storage.read_text(lost)
    filesystem, path = storage.resolve(lost)
    filesystem.delete_file(path)
    assert [change.version for change in store.history(where, "faces")] == ["0001", "0002"]
    store.back(where, "faces")
    assert storage.read_text(lost) == whole
    assert [change.number for change in store.history(where, "faces")] == [1, 2, 3]


def test_a_store_from_before_there_was_a_history(tmp_path: Path) -> None:
    where = str(tmp_path / "store")
    promoted(tmp_path, where, 2)
    current = tmp_path / "store" / "faces" / "current.json"
    state = json.loads(current.read_text())
    del state["change"]
    current.write_text(json.dumps(state))
    for file in (current.parent / "history").iterdir():
        file.unlink()
    assert store.history(where, "faces") == []
    store.back(where, "faces")
    (change,) = store.history(where, "faces")
    assert (change.number, change.version, change.before) == (1, "0001", "0002")


def test_a_broken_version_is_not_gone_back_to(tmp_path: Path) -> None:
    where = str(tmp_path / "store")
    promoted(tmp_path, where, 2)
    (tmp_path / "store" / "faces" / "0001" / "model.safetensors").write_bytes(b"")
    with pytest.raises(AffectError, match="not a whole safetensors file"):
        store.back(where, "faces")
    assert store.current(where, "faces") == "0002"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], None),
        ([("promote", "1", None)], None),
        ([("promote", "1", None), ("promote", "2", "1"), ("promote", "1", "2")], "2"),
        ([("promote", "1", None), ("promote", "2", "1"), ("back", "1", "2"), ("promote", "3", "1")], "1"),
        ([("promote", "1", None), ("promote", "2", "1"), ("promote", "3", "2"), ("back", "1", "3")], None),
    ],
)
def test_what_came_before(changes: list[tuple[str, str, str | None]], expected: str | None) -> None:
    made = [
        Change.parse({"number": number, "action": action, "version": version, "before": before})
        for number, (action, version, before) in enumerate(changes, 1)
    ]
    assert came_before(made) == expected
