"""Folds as one: what may be joined, each row once, and what is said of the folds."""

import json
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import f1_score

from affect.errors import AffectError
from affect.evaluation.joining import add_folds, folds, join, to_join
from affect.evaluation.judging import Judging
from affect.evaluation.measures import Measures
from affect.evaluation.settings import BootstrapSettings, JoinConfig
from affect.networks.spec import NetworkSpec
from tests.evaluation.made_predictions import SPEC, made_predictions, write_evaluation

VIDEOS = {("a", "left"): 20, ("a", "right"): 20, ("b", "main"): 30}


def written(folder: Path, name: str, videos: Any, spec: NetworkSpec = SPEC, **changes: Any) -> str:
    judging = Judging(network=spec, name=f"emo/{name}", **changes)
    return write_evaluation(folder / name, made_predictions(videos, int(name), spec=spec), judging)


def test_the_figures_of_the_folds(tmp_path: Path) -> None:
    runs = [
        written(tmp_path, str(number), {(f"{number}/{name}", who): count for (name, who), count in VIDEOS.items()})
        for number in range(3)
    ]
    found = to_join(runs)
    values = [one.metrics["faces"]["valence_ccc"] for one in found]
    of = folds(found)
    assert [run["model"] for run in of["runs"]] == ["emo/0", "emo/1", "emo/2"]
    assert of["mean"]["valence_ccc"] == pytest.approx(mean(values))
    assert of["deviation"]["valence_ccc"] == pytest.approx(stdev(values))
    default = [dict(row) for row in found[0].metrics["default"]]
    add_folds(default, found)
    assert default[0]["folds"]["values"] == values
    assert default[0]["folds"]["mean"] == pytest.approx(mean(values))


def test_a_metric_that_a_fold_lacks(tmp_path: Path) -> None:
    one, other = to_join([written(tmp_path, "1", VIDEOS), written(tmp_path, "2", {("c", "main"): 9})])
    del other.metrics["faces"]["AU4_f1"]  # type: ignore[attr-defined]
    of = folds([one, other])
    assert of["mean"]["AU4_f1"] == one.metrics["faces"]["AU4_f1"]
    assert "AU4_f1" not in of["deviation"]
    assert (of["counted"]["AU4_f1"], of["counted"]["AU1_f1"]) == (1, 2)


def test_a_row_that_appears_twice_is_named(tmp_path: Path) -> None:
    """Of one person of a video; the other's frames of the same number are other rows."""
    first = written(tmp_path, "1", {("a", "left"): 5, ("b", "main"): 5})
    to_join([first, written(tmp_path, "2", {("a", "right"): 5})])
    again = written(tmp_path, "3", {("b", "main"): 2})
    with pytest.raises(AffectError, match=r"2 rows appear twice.*\n  made/b, main, frame 0 \(in .*1 and .*3\)\n"):
        to_join([first, again])
    with pytest.raises(AffectError, match="10 rows appear twice(.|\n)*and 7 more"):
        to_join([first, first])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spec": SPEC.model_copy(update={"action_units": (1, 4)})}, "output different things"),
        ({"zero_shot": "raf-db"}, "judged by different rules"),
    ],
)
def test_models_that_say_different_things(tmp_path: Path, change: Any, message: str) -> None:
    runs = [written(tmp_path, "1", VIDEOS), written(tmp_path, "2", {("c", "main"): 9}, **change)]
    with pytest.raises(AffectError, match=message):
        to_join(runs)


@pytest.mark.parametrize(("lost", "message"), [("DONE", "no finished evaluation"), ("metrics.json", "no finished")])
def test_what_is_no_finished_evaluation(tmp_path: Path, lost: str, message: str) -> None:
    run = written(tmp_path, "1", VIDEOS)
    (Path(run) / lost).unlink()
    with pytest.raises(AffectError, match=message):
        to_join([run, run])


def test_folds_become_one_evaluation(tmp_path: Path) -> None:
    """The same as if one model had said it all, and another fold's figures beside it."""
    videos = [{("a", "main"): 40, ("b", "main"): 30}, {("c", "left"): 30, ("c", "right"): 30}, {("p", "main"): 1}]
    parts = [made_predictions(part, seed) for seed, part in enumerate(videos)]
    judging = Judging(network=SPEC, recipe="folds", split="test")
    runs = [write_evaluation(tmp_path / str(number), part, judging) for number, part in enumerate(parts)]
    out = tmp_path / "joined"
    config = JoinConfig(runs=tuple(runs), bootstrap=BootstrapSettings(resamples=40))
    join(runs, str(out), config)
    metrics = json.loads((out / "metrics.json").read_text())
    at_once = Measures(judging)
    at_once.update(pa.concat_tables(parts))
    expected = at_once.summary(BootstrapSettings(resamples=40))
    for view in ("faces", "all_frames"):
        assert metrics[view] == pytest.approx(expected[view])
    for key in ("frames", "classes", "action_units", "video_expressions"):
        assert metrics[key] == json.loads(json.dumps(expected[key]))
    assert metrics["intervals"]["units"] == expected["intervals"]["units"]
    assert pq.read_table(out / "predictions.parquet").equals(pa.concat_tables(parts).combine_chunks())
    assert [of["rows"] for of in metrics["folds"]["runs"]] == [70, 60, 1]
    assert metrics["default"][0]["folds"]["counted"] == 3
    assert "each-fold" in (out / "report.html").read_text()
    with pytest.raises(AffectError, match="is itself joined"):
        join([str(out), runs[0]], str(tmp_path / "again"))


def test_each_fold_is_judged_at_the_thresholds_of_its_model(tmp_path: Path) -> None:
    """Of which a picture at the end of a fold is no exception."""
    parts = [made_predictions({(f"{fold}", "main"): 40, (f"p{fold}", "main"): 1}, fold) for fold in range(2)]
    limits = [{"AU12": 0.3}, {"AU12": 0.7}]
    runs = [
        write_evaluation(tmp_path / str(fold), part, Judging(network=SPEC, thresholds=own, thresholds_from="made"))
        for fold, (part, own) in enumerate(zip(parts, limits, strict=True))
    ]
    metrics = join(runs, str(tmp_path / "joined"))
    truth, said = [], []
    for part, own in zip(parts, limits, strict=True):
        frame = part.to_pandas()
        frame = frame[frame["face"]].dropna(subset=["AU12"])
        truth += frame["AU12"].astype(int).tolist()
        said += (frame["p_AU12"] >= own["AU12"]).tolist()
    assert metrics["faces"]["AU12_f1"] == pytest.approx(f1_score(truth, said))
    assert metrics["thresholds"]["used"] == {}
