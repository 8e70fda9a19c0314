"""The command puts a run's model under a name, and tells faults without a traceback."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from affect.errors import AffectError
from affect.models.store import StoredModel, list_models
from jobs import cli, promote
from tests.made_models import write_model


def call(*arguments: str) -> str:
    result = CliRunner().invoke(promote.app, arguments)
    if isinstance(result.exception, AffectError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("kind", ["model", "train", "tune"])
def test_the_model_of_a_run_gets_a_name_and_a_version(tmp_path: Path, kind: str) -> None:
    run, where = tmp_path / "run", str(tmp_path / "store")
    folder = {"model": run, "train": run / "model", "tune": tmp_path / "trial" / "model"}[kind]
    write_model(str(folder))
    if kind == "tune":
        run.mkdir()
        (run / "winner.json").write_text(json.dumps({"model": str(folder)}))
    for _ in range(2):
        lines = call(str(run), "--name", "faces", "--store", where).splitlines()
        assert lines[0] == "faces 0001"
        assert f"jobs.deploy --name faces --store {where}" in lines[1]
    assert list_models(where) == [StoredModel("faces", "0001", ("0001",))]
    assert "SYNTHETIC" in (tmp_path / "store" / "faces" / "0001" / "card.md").read_text()


def test_a_run_without_a_model_is_a_fault_to_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["promote", str(tmp_path), "--name", "faces", "--store", str(tmp_path / "store")])
    with pytest.raises(SystemExit) as ended:
        cli.run(promote.app)
    assert ended.value.code == 2
    printed = capsys.readouterr().err
    assert "give a finished run" in printed
    assert "Traceback" not in printed
