"""A run in MLflow, recorded in a real database."""

import json
from pathlib import Path

import pytest

from affect.errors import AffectError
from affect.following.company import Company
from affect.following.mlflow import MLflow, begin_mlflow_run, end_mlflow_run
from tests.following.made_runs import followed, tell

mlflow = pytest.importorskip("mlflow")


def test_a_run_that_goes_on_is_one_run_without_doubles(tmp_path: Path) -> None:
    """Killed after step 7, gone on from a checkpoint after step 5."""
    address = f"sqlite:///{tmp_path}/mlflow.db"
    out = str(tmp_path / "run")
    run = followed(out, mlflow=address, experiment="tests")
    for first, last in ((1, 7), (6, 8)):
        begin_mlflow_run(run.config, out)
        company = Company([MLflow(run)], every=1)
        tell([company], first=first, last=last)
        company.close()
    (tmp_path / "run" / "report.html").write_text("report")
    (tmp_path / "run" / "model").mkdir()
    (tmp_path / "run" / "model" / "model.json").write_text("{}")
    end_mlflow_run(run.config, out)

    client = mlflow.MlflowClient(tracking_uri=address)
    experiment = client.get_experiment_by_name("tests")
    [found] = client.search_runs([experiment.experiment_id])
    assert json.loads((tmp_path / "run" / "mlflow.json").read_text())["run_id"] == found.info.run_id
    assert found.info.status == "FINISHED"
    assert found.data.params["network.encoder"] == "arc-res"
    assert found.data.tags["recipe"] == "made"
    losses = client.get_metric_history(found.info.run_id, "train/loss")
    assert [(metric.step, metric.value) for metric in losses] == [(step, step) for step in range(1, 9)]
    scores = client.get_metric_history(found.info.run_id, "epoch/score")
    assert [metric.step for metric in scores] == [4, 8]
    assert {artifact.path for artifact in client.list_artifacts(found.info.run_id)} == {"report.html", "model"}
    assert (tmp_path / "mlruns").is_dir()


def test_a_missing_package_is_told_before_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(AffectError, match=r"pip install -e '\.\[mlflow\]'"):
        begin_mlflow_run(followed(str(tmp_path), mlflow="http://127.0.0.1:9").config, str(tmp_path))


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "ftp://nowhere", "/a/folder"])
def test_an_address_that_does_not_answer_is_told_before_training(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(AffectError, match="does not take the run"):
        begin_mlflow_run(followed(str(tmp_path), mlflow=address).config, str(tmp_path))
    assert not (tmp_path / "mlflow.json").exists()


def test_nobody_asks_for_it(tmp_path: Path) -> None:
    begin_mlflow_run(followed(str(tmp_path)).config, str(tmp_path))
    end_mlflow_run(followed(str(tmp_path)).config, str(tmp_path))
    assert list(tmp_path.iterdir()) == []
