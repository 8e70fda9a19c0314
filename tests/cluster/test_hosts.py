"""The command line of several hosts on one machine, where there are none."""

import pytest
from typer.testing import CliRunner

from affect.errors import AffectError
from cluster import namespaces
from cluster.hosts import app


@pytest.mark.cluster
@pytest.mark.parametrize("command", [["status"], ["kill", "h1"], ["down"], ["submit", "--", "python", "-V"]])
def test_what_is_not_up_is_told(command: list[str]) -> None:
    name, rest = command[0], command[1:]
    result = CliRunner().invoke(app, [name, "--name", "nowhere", *rest])
    assert isinstance(result.exception, AffectError)
    assert "no cluster nowhere is up here" in str(result.exception)


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (["--name", "much-too-long"], "name"),
        (["--subnet", "10.0.0.0/28"], "at least 256 addresses"),
        (["--hosts", "0"], "hosts"),
    ],
)
def test_what_cannot_be_is_told(option: list[str], told: str) -> None:
    result = CliRunner().invoke(app, ["up", *option])
    assert isinstance(result.exception, AffectError)
    assert told in str(result.exception)


def test_root_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces.shutil, "which", lambda *_, **__: "/sbin/ip")
    monkeypatch.setattr(namespaces.os, "geteuid", lambda: 1000)
    result = CliRunner().invoke(app, ["up"])
    assert isinstance(result.exception, AffectError)
    assert "need root" in str(result.exception)
