"""The command line of several hosts on one machine, where there are none."""

import pytest
from typer.testing import CliRunner

from affect.errors import AffectError
from cluster.hosts import app


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
