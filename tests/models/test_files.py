"""What is saved loads again to the last bit; what was tampered with does not, and says why."""

import json
import math
from pathlib import Path

import pytest
import safetensors.torch
import torch

import affect
from affect.errors import AffectError
from affect.models.files import code_version, load_description, load_model, locate_model, save_model
from affect.networks import build
from tests.made_models import describe, write_model


@pytest.mark.parametrize("arcface", [False, True])
def test_round_trip(tmp_path: Path, arcface: bool) -> None:
    description = describe(arcface=arcface)
    network = build(description.network).eval()
    save_model(str(tmp_path), network.state_dict(), description)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.json", "model.safetensors"]
    loaded, found = load_model(str(tmp_path))
    assert not loaded.training
    images = torch.rand(3, 3, 96, 96) * 2 - 1
    with torch.inference_mode():
        for name, expected in network.predict({"image": images}).items():
            torch.testing.assert_close(loaded.predict({"image": images})[name], expected, rtol=0, atol=0)
    same = {"weights_sha256", "metrics"}
    assert found.model_dump(exclude=same) == description.model_dump(exclude=same)
    assert found.metrics["validation/valence_ccc"] == 0.25
    assert math.isnan(found.metrics["test/action_units_f1"])
    assert found.code_version.startswith(affect.__version__)


def test_model_json_is_plain_json(tmp_path: Path) -> None:
    write_model(str(tmp_path))
    json.loads((tmp_path / "model.json").read_text(), parse_constant=pytest.fail)


def test_weights_in_channels_last_memory_are_saved_alike(tmp_path: Path) -> None:
    description = describe()
    network = build(description.network)
    save_model(str(tmp_path / "a"), network.state_dict(), description)
    save_model(str(tmp_path / "b"), network.to(memory_format=torch.channels_last).state_dict(), description)
    assert (tmp_path / "a" / "model.json").read_bytes() == (tmp_path / "b" / "model.json").read_bytes()


def remove_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def remove_description(folder: Path) -> None:
    (folder / "model.json").unlink()


def cut_weights(folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])


def empty_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")


def pickle_weights(folder: Path) -> None:
    torch.save({"a": torch.ones(1)}, folder / "model.safetensors")


def flip_weight(folder: Path) -> None:
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-2] ^= 1
    (folder / "model.safetensors").write_bytes(data)


def poison_weight(folder: Path) -> None:
    tensors = safetensors.torch.load_file(folder / "model.safetensors")
    min(tensors.items())[1].fill_(math.nan)
    safetensors.torch.save_file(tensors, folder / "model.safetensors")


def drop_add_and_reshape(folder: Path) -> None:
    tensors = safetensors.torch.load_file(folder / "model.safetensors")
    names = sorted(tensors)
    del tensors[names[0]]
    tensors[names[1]] = torch.ones(5, 5)
    tensors["stranger"] = torch.ones(2)
    safetensors.torch.save_file(tensors, folder / "model.safetensors")


def change(folder: Path, **fields: object) -> None:
    data = json.loads((folder / "model.json").read_text()) | fields
    (folder / "model.json").write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (remove_weights, r"model.safetensors does not exist"),
        (remove_description, r"model.json does not exist"),
        (cut_weights, r"not a whole safetensors file"),
        (empty_weights, r"not a whole safetensors file"),
        (pickle_weights, r"not a whole safetensors file"),
        (flip_weight, r"SHA-256"),
        (poison_weight, r"not finite"),
        (drop_add_and_reshape, r"(?s)missing: \S+ \[.*surplus: stranger \[2\].*has shape \[5, 5\], the network needs"),
        (lambda folder: (folder / "model.json").write_text("{"), r"not JSON"),
        (lambda folder: (folder / "model.json").write_text("[]"), r"schema version None"),
        (lambda folder: change(folder, schema_version=0), r"schema version 0.*reads 2; use the code that wrote it"),
        (lambda folder: change(folder, colour="red"), r"colour: unknown key"),
        (lambda folder: change(folder, metrics={"a": "good"}), r"metrics.a"),
    ],
)
def test_tampered_files_are_refused(tmp_path: Path, tamper: object, message: str) -> None:
    write_model(str(tmp_path))
    assert callable(tamper)
    tamper(tmp_path)
    with pytest.raises(AffectError, match=message):
        load_model(str(tmp_path))


def test_crops_must_fit_the_network() -> None:
    with pytest.raises(ValueError, match="takes 96 pixels, preprocessing makes crops of 64"):
        describe(96, preprocessing=describe(64).preprocessing)


@pytest.mark.parametrize("kind", ["model", "train", "tune", "chain"])
def test_the_model_of_a_run_is_found(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "run" if kind == "model" else tmp_path / "run" / "model"
    if kind in {"tune", "chain"}:
        folder = tmp_path / "elsewhere" / "model"
        (tmp_path / "run").mkdir()
        told = "winner.json" if kind == "tune" else "DONE"
        (tmp_path / "run" / told).write_text(json.dumps({"model": str(folder), "metrics": {}}))
    write_model(str(folder))
    assert locate_model(str(tmp_path / "run")) == str(folder)
    assert load_description(locate_model(str(tmp_path / "run"))).recipe == "made"


@pytest.mark.parametrize(("winner", "message"), [(None, "give a finished run"), ({"model": None}, "names no model")])
def test_a_run_without_a_model_says_so(tmp_path: Path, winner: object, message: str) -> None:
    if winner is not None:
        (tmp_path / "winner.json").write_text(json.dumps(winner))
    with pytest.raises(AffectError, match=message):
        locate_model(str(tmp_path))


def test_code_version_names_the_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(affect, "__file__", str(tmp_path / "affect" / "__init__.py"))
    assert code_version() == affect.__version__
    (tmp_path / ".git" / "refs" / "heads").mkdir(parents=True)
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (tmp_path / ".git" / "refs" / "heads" / "main").write_text("0123456789abcdef\n")
    assert code_version() == f"{affect.__version__}+0123456"
    (tmp_path / ".git" / "HEAD").write_text("fedcba9876543210\n")
    assert code_version() == f"{affect.__version__}+fedcba9"
