"""A model by the name under which it is shipped, and nothing in place of one that is not there."""

from pathlib import Path

import pytest

from affect.errors import AffectError
from affect.models import shipped
from affect.models.files import load_model
from affect.models.shipped import DEFAULT, find_model, shipped_models
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
    """None may be there; one that is can be used, and was trained on faces of people."""
    for name in shipped_models():
        network, description = load_model(find_model(name))
        assert not description.synthetic
        assert sum(file.stat().st_size for file in Path(find_model(name)).iterdir()) <= 20 * 2**20
        assert {file.name for file in Path(find_model(name)).iterdir()} >= {"card.md", "model.onnx"}
        assert network.spec.heads
