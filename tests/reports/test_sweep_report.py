import io
import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from affect.reports.report import render
from affect.reports.sweep_report import sweep_report, write_sweep
from affect.tuning.results import Sweep
from tests.reports.made_reports import SPACE, Page, made_sweep

COMMANDS = {"Promote the winner": "python -m jobs.promote /runs/sweep --name a --store /models"}


@pytest.fixture
def page() -> Page:
    return Page(render(sweep_report(made_sweep(), COMMANDS)))


def test_every_trial_is_on_the_board(page: Page) -> None:
    board = page.tables[1]
    assert board[0] == [
        "#",
        "trial",
        "status",
        "score",
        "scale",
        "embedding",
        "learning rate",
        "epochs",
        "time",
        "attempts",
        "reason",
    ]
    assert [row[1] for row in board[1:]] == ["★ t1", "t0", "t2", "t4", "t3"]
    assert [row[2] for row in board[1:]] == ["finished", "finished", "stopped early", "waiting", "failed"]
    assert board[1][3:] == ["0.45", "34.12", "64", "2.469e-5", "4", "20 s", "1", ""]
    marked = [attrs for tag, attrs in page.tags if tag == "tr" and attrs.get("class") == "highlight"]
    assert len(marked) == 1


def test_a_failed_trial_is_shown_with_its_reason(page: Page) -> None:
    assert page.tables[1][-1][-1] == "ValueError: <no> & never"
    assert "t3: ValueError: <no> & never" in page.texts
    assert "Traceback </script> here" in page.texts
    assert "failures" in page.headings()


def test_the_winner_is_exact_and_can_be_used(page: Page) -> None:
    winner = made_sweep().winner()
    shown = dict(page.tables[0][1:])
    assert shown["trial"] == "t1"
    assert {key: yaml.safe_load(shown[key]) for key in ("network.arcface.scale", "network.embedding")} == {
        key: winner.parameters[key] for key in ("network.arcface.scale", "network.embedding")
    }
    assert float(shown["optimiser.learning_rate"]) == winner.parameters["optimiser.learning_rate"]
    assert COMMANDS["Promote the winner"] in page.texts
    assert any("recipe: small\nseed: 1" in text for text in page.texts)


def test_the_curves_are_the_trials(page: Page) -> None:
    curves = page.figures[0]["data"]
    expected = [list(trial.values("score").values()) for trial in made_sweep().ranked() if trial.curve]
    assert sorted(trace["y"] for trace in curves) == sorted(expected)
    assert curves[-1]["name"] == "winner"


def test_each_parameter_is_on_its_own_scale(page: Page) -> None:
    effects = {figure["layout"]["xaxis"]["title"]["text"]: figure["layout"]["xaxis"] for figure in page.figures[1:4]}
    assert list(effects) == ["scale", "embedding", "learning rate"]
    assert effects["learning rate"]["type"] == "log"
    assert effects["embedding"]["ticktext"] == ["32", "64", "128"]
    scored = [trial for trial in made_sweep().trials if trial.curve]
    drawn = {value for trace in page.figures[1]["data"] for value in trace["x"]}
    assert drawn == {trial.parameters["network.arcface.scale"] for trial in scored}


def test_parallel_coordinates_join_all_parameters(page: Page) -> None:
    lines = page.figures[4]["data"]
    assert len(lines) == 3
    assert all(len(line["y"]) == len(SPACE) + 1 and all(0 <= y <= 1 for y in line["y"]) for line in lines)
    assert lines[-1]["y"][-1] == 1.0


def test_time_of_each_trial(page: Page) -> None:
    drawn = {
        name: seconds for trace in page.figures[5]["data"] for name, seconds in zip(trace["y"], trace["x"], strict=True)
    }
    assert drawn == {"t0": 10.0, "t1": 20.0, "t2": 30.0, "t3": 40.0}
    assert "1 h 02 min" in page.texts


def test_nothing_is_loaded_from_elsewhere(page: Page) -> None:
    assert page.addresses() == ["trials.csv", "sweep.json"]
    assert "SYNTHETIC DATA" in page.texts


def test_csv_and_json_are_the_same_sweep(tmp_path: Path) -> None:
    sweep = made_sweep()
    sweep.uri = str(tmp_path)
    write_sweep(sweep, COMMANDS)
    table = pd.read_csv(io.StringIO((tmp_path / "trials.csv").read_text()))
    pd.testing.assert_frame_equal(table, sweep.table(), check_dtype=False)
    assert Sweep.from_json((tmp_path / "sweep.json").read_text()) == sweep
    assert len(json.loads((tmp_path / "sweep.json").read_text())["trials"]) == len(table) == 5
    assert Page((tmp_path / "report.html").read_text()).tables[1][1][1] == "★ t1"


def test_a_sweep_that_has_just_begun_has_no_empty_panel() -> None:
    sweep = made_sweep(finished=False)
    for trial in sweep.trials:
        trial.status, trial.curve, trial.result, trial.model, trial.seconds = "waiting", [], None, None, 0.0
        trial.reason = trial.trace = ""
    html = render(sweep_report(sweep, {}))
    assert Page(html).headings() == ["trials", "configuration"]
    assert 'http-equiv="refresh"' in html


def test_one_trial_with_one_epoch_can_be_drawn() -> None:
    sweep = made_sweep()
    sweep.trials = sweep.trials[:1]
    sweep.trials[0].curve = sweep.trials[0].curve[:1]
    assert len(Page(render(sweep_report(sweep, {}))).figures) == 6
