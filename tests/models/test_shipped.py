"""A model by the name under which it is shipped, and nothing in place of one that is not there."""

import tomllib
from pathlib import Path

import pytest

import affect
from affect.errors import AffectError
from affect.models import shipped
from affect.models.files import DESCRIPTION, WEIGHTS, load_model
from affect.models.shipped import DEFAULT, ONNX, find_model, shipped_models
from tests.made_models import write_model


def test_by_name_or_by_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "shipped")
    with pytest.raises(AffectError, match=f"no model named '{DEFAULT}' comes with this copy"):
        find_model()
    write_model(str(tmp_path / "shipped" / DEFAULT))
    write_model(str(tmp_path / "run" / "model"), seed=1)
    assert shipped_models() == [DEFAULT]
    assert find_model() == str(tmp_path / "shipped" / DEFAULT)
    assert find_model(str(tmp_path / "run")) == str(tmp_path / "run" / "model")
    with pytest.raises(AffectError, match=f"come with the package: {DEFAULT}"):
        find_model("fases")


def test_what_comes_with_the_package_is_whole() -> None:
    assert DEFAULT in shipped_models()
    package = Path(affect.__file__).parent
    project = tomllib.loads((package.parent / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]["affect"]
    packed = {file for pattern in patterns for file in package.glob(pattern)}
    for name in shipped_models():
        network, description = load_model(find_model(name))
        assert not description.synthetic
        assert sum(file.stat().st_size for file in Path(find_model(name)).iterdir()) <= 20 * 2**20
        assert {file.name for file in Path(find_model(name)).iterdir()} == {"card.md", ONNX, WEIGHTS, DESCRIPTION}
        assert packed >= set(Path(find_model(name)).iterdir())
        card = (Path(find_model(name)) / "card.md").read_text()
        for said in ("| interval |", "licence", "must not be used", "Where it is weak", description.recipe):
            assert said in card
        assert network.spec.heads
