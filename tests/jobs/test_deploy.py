"""What the command says where there is no cluster; that it deploys is tested with the application itself."""

import pytest
import ray
from typer.testing import CliRunner

from affect.errors import AffectError
from jobs import deploy


def test_no_cluster_is_a_fault_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_cluster(**_: object) -> None:
        raise ConnectionError("no address")

    monkeypatch.setattr(ray, "init", no_cluster)
    result = CliRunner().invoke(deploy.app, ["--name", "faces", "--store", "store"])
    assert isinstance(result.exception, AffectError)
    assert "ray start --head" in str(result.exception)


def test_settings_are_checked_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "init", lambda **_: pytest.fail("too early"))
    result = CliRunner().invoke(deploy.app, ["--name", "faces", "--store", "store", "--set", "threds=2"])
    assert isinstance(result.exception, AffectError)
    assert "did you mean 'threads'" in str(result.exception)
