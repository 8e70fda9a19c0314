"""Names, versions and the current one; promoted once or many times, by one or by many at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from affect import storage
from affect.errors import AffectError
from affect.models import store
from affect.models.files import load_model, locate_model
from tests.made_models import write_model


@pytest.fixture(params=["local", "s3"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return (
        str(tmp_path / "store")
        if request.param == "local"
        else storage.join(request.getfixturevalue("s3"), tmp_path.name)
    )


def made(folder: Path, number: int) -> str:
    write_model(str(folder / f"model{number}"), number, recipe=f"made{number}")
    return str(folder / f"model{number}")


def test_a_promoted_model_loads_by_name(where: str, tmp_path: Path) -> None:
    assert store.promote(made(tmp_path, 1), where, "faces") == "0001"
    assert store.promote(made(tmp_path, 2), where, "faces") == "0002"
    assert store.current(where, "faces") == "0002"
    assert load_model(store.resolve(where, "faces"))[1].recipe == "made2"
    assert load_model(store.resolve(where, "faces", "1"))[1].recipe == "made1"
    assert locate_model(storage.join(where, "faces")) == store.resolve(where, "faces")
    assert sorted(uri.rsplit("/", 1)[1] for uri in storage.list_files(storage.join(where, "faces", "0001"))) == [
        "card.md",
        "model.json",
        "model.safetensors",
    ]
    assert json.loads(storage.read_text(storage.join(where, "faces", "current.json")))["version"] == "0002"


def test_the_same_model_is_one_version(where: str, tmp_path: Path) -> None:
    first, second = made(tmp_path, 1), made(tmp_path, 2)
    assert [store.promote(model, where, "faces") for model in (first, first, second, first)] == [
        "0001",
        "0001",
        "0002",
        "0001",
    ]
    assert store.current(where, "faces") == "0001", "promoting an older one makes it the current one again"
    assert store.promote(first, where, "other") == "0001"
    assert store.list_models(where) == [
        store.StoredModel("faces", "0001", ("0001", "0002")),
        store.StoredModel("other", "0001", ("0001",)),
    ]


def test_promoters_at_the_same_time_lose_nothing(where: str, tmp_path: Path) -> None:
    models = [made(tmp_path, number) for number in range(3)]
    with ThreadPoolExecutor(6) as pool:  # each model by two at once
        versions = list(pool.map(lambda model: store.promote(model, where, "faces"), models * 2))
    assert versions[:3] == versions[3:]
    assert sorted(versions[:3]) == ["0001", "0002", "0003"]
    for model, version in zip(models, versions, strict=False):
        found = storage.read_bytes(storage.join(store.resolve(where, "faces", version), "model.json"))
        assert found == storage.read_bytes(storage.join(model, "model.json"))
        load_model(store.resolve(where, "faces", version))
    assert store.current(where, "faces") in versions


@pytest.mark.parametrize(
    "lost", [["card.md"], ["card.md", "model.safetensors"], ["card.md", "model.safetensors", "current.json"]]
)
def test_a_promotion_that_was_cut_short_is_completed(tmp_path: Path, lost: list[str]) -> None:
    where, model = str(tmp_path / "store"), made(tmp_path, 1)
    store.promote(model, where, "faces")
    for name in lost:
        (tmp_path / "store" / "faces" / ("" if name == "current.json" else "0001") / name).unlink()
    with pytest.raises(AffectError, match="no version '0001'"):
        store.resolve(where, "faces", "0001")
    assert store.promote(model, where, "faces") == "0001"
    load_model(store.resolve(where, "faces"))


def test_what_cannot_be_loaded_is_not_promoted(tmp_path: Path) -> None:
    model = made(tmp_path, 1)
    (Path(model) / "model.safetensors").write_bytes(b"")
    with pytest.raises(AffectError, match="not a whole safetensors file"):
        store.promote(model, str(tmp_path / "store"), "faces")
    assert store.list_models(str(tmp_path / "store")) == []


@pytest.mark.parametrize("name", ["", "Faces", "a/b", "../a", ".hidden", "a b", "x" * 65])
def test_names_that_would_not_do(tmp_path: Path, name: str) -> None:
    with pytest.raises(AffectError, match="cannot name a model"):
        store.promote(str(tmp_path), str(tmp_path / "store"), name)


def test_faults_name_what_there_is(tmp_path: Path) -> None:
    where = str(tmp_path / "store")
    with pytest.raises(AffectError, match=r"no model 'faces'.*it holds: none"):
        store.current(where, "faces")
    store.promote(made(tmp_path, 1), where, "faces")
    with pytest.raises(AffectError, match=r"no model 'face' in .*it holds: faces"):
        store.resolve(where, "face")
    with pytest.raises(AffectError, match=r"no version '7' of 'faces'.*it has: 0001"):
        store.resolve(where, "faces", "7")
