"""What the command says where there is no cluster; that it deploys is tested with the application itself."""

from pathlib import Path

import pytest
import ray
from typer.testing import CliRunner

from affect.errors import AffectError
from affect.models import shipped
from affect.models.store import StoredModel, list_models, promote
from jobs import deploy
from serve.settings import ServeSettings
from tests.made_models import write_model


def test_no_cluster_is_a_fault_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_cluster(**_: object) -> None:
        raise ConnectionError("no address")

    monkeypatch.setattr(ray, "init", no_cluster)
    result = CliRunner().invoke(deploy.app, ["--name", "faces", "--store", "store"])
    assert isinstance(result.exception, AffectError)
    assert "ray start --head" in str(result.exception)


def test_the_model_that_comes_with_the_package_is_served_where_none_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = str(tmp_path / "store")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "shipped")
    monkeypatch.setattr(ray, "init", lambda **_: None)
    asked = []

    def start(settings: ServeSettings, options: object) -> tuple[str, list[object]]:
        asked.append([choice.name for choice in settings.choices])
        return "http://127.0.0.1:8000", []

    monkeypatch.setattr(deploy, "start", start)
    result = CliRunner().invoke(deploy.app, ["--store", store])
    assert isinstance(result.exception, AffectError)
    assert "comes with this copy of the package" in str(result.exception)
    write_model(str(tmp_path / "shipped" / shipped.DEFAULT))
    write_model(str(tmp_path / "other"), seed=1)
    promote(str(tmp_path / "other"), store, "other")
    for named in (["--name", "other"], ["--name", "faces", "--name", "other"], [], []):
        assert ("faces" in {known.name for known in list_models(store)}) == (len(asked) > 1)
        assert CliRunner().invoke(deploy.app, [*named, "--store", store]).exit_code == 0
    assert asked == [["other"], ["faces", "other"], ["faces"], ["faces"]]
    assert list_models(store)[0] == StoredModel("faces", "0001", ("0001",))


def test_settings_are_checked_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "init", lambda **_: pytest.fail("too early"))
    result = CliRunner().invoke(deploy.app, ["--name", "faces", "--store", "store", "--set", "threds=2"])
    assert isinstance(result.exception, AffectError)
    assert "did you mean 'threads'" in str(result.exception)
