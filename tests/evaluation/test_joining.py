"""Folds as one: what may be joined, each row once, and what is said of the folds."""

from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest

from affect.errors import AffectError
from affect.evaluation.joining import add_folds, folds, to_join
from affect.evaluation.judging import Judging
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
