"""The command puts a run's model under a name, and tells faults without a traceback."""

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from typer.testing import CliRunner

from affect.command_line import run_app
from affect.errors import AffectError
from affect.evaluation.joining import read_finished
from affect.evaluation.judging import Judging
from affect.evaluation.settings import EvaluationConfig
from affect.models.gate import Gate
from affect.models.store import StoredModel, list_models
from jobs import promote
from tests.evaluation.made_predictions import SPEC, made_predictions, write_evaluation
from tests.made_models import write_model
from tests.made_rows import write_rows


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
        run_app(promote.app)
    assert ended.value.code == 2
    printed = capsys.readouterr().err
    assert "give a finished run" in printed
    assert "Traceback" not in printed


def read(where: str, name: str, *arguments: str) -> str:
    return " ".join(call(f"--{arguments[0]}", name, "--store", where, *arguments[1:]).split())


def test_history_and_the_way_back(tmp_path: Path) -> None:
    where = str(tmp_path / "store")
    for number in (1, 2):
        write_model(str(tmp_path / str(number)), number)
        call(str(tmp_path / str(number)), "--name", "faces", "--store", where)
    assert "faces is back at 0001, which replaces 0002" in read(where, "faces", "back", "--reason", "it stares")
    assert "faces is at 0001 already" in read(where, "faces", "back", "--to", "1")
    told = call("--history", "faces", "--store", where)
    assert "0001, the first" in told
    assert "0002 replaced 0001" in told
    assert "it stares" in told
    named = call("--list", "--store", where)
    assert "faces" in named
    assert "0001, 0002" in named


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give one of MODEL, --history, --back and --list, not none"),
        (["run", "--list"], "not MODEL and --list"),
        (["run"], "give --name"),
        (["run", "--name", "faces", "--gate", "rows"], "give --metric"),
        (["run", "--name", "faces", "--metric", "valence_ccc"], "belong to a gate"),
        (["run", "--name", "faces", "--change-gate"], "needs the new one"),
        (["run", "--name", "faces", "--gate", "rows", "--metric", "x", "--drop-gate"], "exclude one another"),
        (["run", "--name", "faces", "--evaluation", "nowhere"], "no finished evaluation"),
        (["--history", "faces"], "no model 'faces'"),
    ],
)
def test_what_makes_no_sense_is_said(tmp_path: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(AffectError, match=message):
        call(*arguments, "--store", str(tmp_path / "store"))


def test_a_model_is_evaluated_once_wherever_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In its run, and in the store; other rows are another evaluation."""
    asked: list[str] = []

    def evaluate(config: EvaluationConfig, out: str) -> dict[str, Any]:
        asked.append(config.model)
        write_evaluation(Path(out), made_predictions({("a", "main"): 30}), Judging(network=SPEC))
        return read_finished(out).metrics  # type: ignore[return-value]

    monkeypatch.setattr("jobs.evaluate.evaluate", evaluate)
    rows = [str(tmp_path / name) for name in ("rows", "more")]
    seen = write_rows(rows[0], {"validation": 2})
    write_rows(rows[1], {"validation": 3})
    write_model(str(tmp_path / "model"), size=32, preprocessing=seen)
    copytree(tmp_path / "model", tmp_path / "copy")
    evaluations = promote.Evaluations(str(tmp_path / "store"), "faces")
    gates = [Gate(data=(folder,), metrics=("valence_ccc",)) for folder in rows]
    for folder in ("model", "copy", "model"):
        evaluations(str(tmp_path / folder), gates[0])
    assert len(asked) == 1
    evaluations(str(tmp_path / "copy"), gates[1])
    evaluations(str(tmp_path / "copy"), gates[0].model_copy(update={"tolerance": 0.5}))
    assert len(asked) == 2
