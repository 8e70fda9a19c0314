"""The evaluate job on a real local Ray: all rows once, its folder whole, faults told plainly."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import f1_score
from typer.testing import CliRunner

from affect import networks, samples
from affect.errors import AffectError
from affect.evaluation.judging import Judging
from affect.models.files import ModelDescription, load_model, save_model
from affect.models.store import promote
from affect.networks.spec import NetworkSpec
from jobs import evaluate as evaluate_job
from tests.evaluation.made_predictions import SPEC, made_predictions, write_evaluation
from tests.made_rows import write_rows

FORM: dict[str, Any] = {"encoder": "arc-res", "input_size": 32, "width": 0.125, "dropout": 0.0, "embedding": 16}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = str(tmp_path_factory.mktemp("rows"))
    write_rows(folder, {"validation": 1, "test": 5})
    return folder


def model(folder: str, out: Path, **changes: Any) -> str:
    spec = NetworkSpec(**FORM | changes)
    settings = samples.details_of(samples.list_faces(folder)[0])["settings"]
    settings["alignment"]["size"] = spec.input_size
    described = ModelDescription(network=spec, preprocessing=settings, recipe="test", settings={}, data=(), metrics={})
    save_model(str(out / "model"), networks.build(spec).state_dict(), described)
    return str(out)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(evaluate_job.app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


@pytest.mark.cluster  # a pool of workers: half a minute
@pytest.mark.usefixtures("ray_cluster")
def test_a_model_of_a_store_on_every_row_once(folder: str, tmp_path: Path) -> None:
    store, out = str(tmp_path / "store"), tmp_path / "run"
    promote(model(folder, tmp_path), store, "emo")
    asked = ["emo/1", "--store", store, "--data", folder, "--out", str(out), "--set", "workers=2"]
    assert "made: valence_ccc" in run(*asked)
    table = pq.read_table(out / "predictions.parquet")
    files = samples.list_faces(folder, split="test")
    expected = [(row["video"], row["frame"]) for part in samples.read_faces(files) for row in part.to_pylist()]
    assert list(zip(table["video"].to_pylist(), table["frame"].to_pylist(), strict=True)) == expected
    metrics = json.loads((out / "metrics.json").read_text())
    assert next(iter(metrics)) == "default"
    assert metrics["frames"]["rows"] == len(expected)
    assert len(metrics["videos"]) == 5
    assert "emo/0001 on made (test)" in (out / "report.html").read_text()
    before = {file.name: file.read_bytes() for file in out.iterdir() if file.name != "log.txt"}
    run(*asked)
    assert {file.name: file.read_bytes() for file in out.iterdir() if file.name != "log.txt"} == before


@pytest.mark.parametrize(
    ("changes", "arguments", "message"),
    [
        ({}, ["--split", "train"], "no split 'train'.*there is test, validation"),
        ({}, ["--corpus", "made2"], "no corpus 'made2'.*there is made"),
        ({"input_size": 48}, [], "alignment.size=32, the model sees otherwise.*--set alignment.size=48"),
        ({}, ["--data", "/nowhere"], "no pre-processed rows in .*nowhere; run jobs.preprocess"),
    ],
)
def test_what_cannot_be_judged_is_said_at_once(
    folder: str, tmp_path: Path, changes: dict[str, Any], arguments: list[str], message: str
) -> None:
    data = [] if "--data" in arguments else ["--data", folder]
    asked = [model(folder, tmp_path, **changes), "--out", str(tmp_path / "run"), *data, *arguments]
    with pytest.raises(AffectError, match=message):
        run(*asked)
    assert not (tmp_path / "run" / "DONE").exists()


def test_a_model_that_is_not_there(folder: str, tmp_path: Path) -> None:
    for arguments in (["emo", "--store", str(tmp_path)], [str(tmp_path)]):
        with pytest.raises(AffectError, match="no model"):
            run(*arguments, "--data", folder, "--out", str(tmp_path / "run"))


@pytest.mark.cluster
@pytest.mark.usefixtures("ray_cluster")
def test_rows_without_sound(folder: str, tmp_path: Path) -> None:
    asked = [model(folder, tmp_path, streams=("sound",)), "--data", folder, "--out", str(tmp_path / "run")]
    with pytest.raises(AffectError, match="no row of split 'test' has sound"):
        run(*asked)


def test_folds_are_told_beside_one_another(tmp_path: Path) -> None:
    parts = [made_predictions({(name, "main"): 20}, seed) for seed, name in enumerate("ab")]
    judging = Judging(network=SPEC, recipe="folds", split="test")
    runs = [write_evaluation(tmp_path / str(number), part, judging) for number, part in enumerate(parts)]
    out = str(tmp_path / "joined")
    assert "mean of folds" in run(*runs, "--join", "--out", out, "--set", "bootstrap.resamples=40")


@pytest.mark.cluster  # two pools of workers
@pytest.mark.usefixtures("ray_cluster")
def test_thresholds_of_validation_go_with_a_model_of_their_own(folder: str, tmp_path: Path) -> None:
    judged, found, out = model(folder, tmp_path / "run"), tmp_path / "found", tmp_path / "test"
    before = (tmp_path / "run" / "model" / "model.json").read_bytes()
    run(judged, "--data", folder, "--split", "validation", "--out", str(found), "--set", "thresholds=f1")
    assert (tmp_path / "run" / "model" / "model.json").read_bytes() == before
    run(str(found), "--data", folder, "--out", str(out), "--set", "workers=1")
    metrics = json.loads((out / "metrics.json").read_text())
    frame = pd.read_parquet(out / "predictions.parquet")
    frame = frame[frame["face"]].dropna(subset=["AU12"])
    own = load_model(str(found / "model"))[1].thresholds
    assert own is not None
    assert metrics["thresholds"]["used"]["AU12"] == own.action_units["AU12"] != 0.5
    truth, said = frame["AU12"].astype(int), frame["p_AU12"]
    assert metrics["faces"]["AU12_f1"] == pytest.approx(f1_score(truth, said >= own.action_units["AU12"]))
    assert metrics["thresholds"]["at_default"]["faces"]["AU12_f1"] == pytest.approx(f1_score(truth, said >= 0.5))
    assert "AU12" in (out / "report.html").read_text()


def test_models_and_rows_that_are_too_many_or_none(tmp_path: Path) -> None:
    for arguments, message in ((["a", "b", "--data", "rows"], "2 models are given"), (["a"], "give --data")):
        with pytest.raises(AffectError, match=message):
            run(*arguments, "--out", str(tmp_path / "run"))
