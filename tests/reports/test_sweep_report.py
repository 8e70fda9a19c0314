import io
import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from affect.reports.report import NOTHING, render
from affect.reports.sweep_report import sweep_report, write_sweep
from affect.tuning.results import Sweep
from tests.browser import a_browser
from tests.reports.made_reports import SPACE, Page, made_large_sweep, made_sweep

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
    assert board[1][3:] == ["0.45", "34.12", "64", "2.469e-5", "4", "20 s", NOTHING, NOTHING]
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
    assert any("recipe='small'\nseed=1" in text for text in page.texts)


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
        name: seconds
        for trace in page.figures[-1]["data"]
        for name, seconds in zip(trace["y"], trace["x"], strict=True)
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
    assert Page(html).headings() == ["leader-board", "each-trial", "configuration"]
    assert 'http-equiv="refresh"' in html


def test_one_trial_with_one_epoch_can_be_drawn() -> None:
    sweep = made_sweep()
    sweep.trials = sweep.trials[:1]
    sweep.trials[0].curve = sweep.trials[0].curve[:1]
    assert len(Page(render(sweep_report(sweep, {}))).figures) == 6


@pytest.fixture(scope="module")
def large() -> tuple[Sweep, Page]:
    sweep = made_large_sweep()
    commands = {trial.id: {"Run it again": f"run {trial.id}"} for trial in sweep.trials}
    return sweep, Page(render(sweep_report(sweep, COMMANDS, commands)))


def test_the_best_are_shown_with_the_spread_over_seeds(large: tuple[Sweep, Page]) -> None:
    sweep, page = large
    winner = sweep.winner()
    assert winner is not None
    spread = sweep.spread(winner)
    assert spread is not None
    told = f"{spread.mean:.4f} ± {spread.deviation:.4f}"
    board = next(table for table in page.tables if table[0][:2] == ["#", "trial"])
    assert dict(zip(board[0], board[1], strict=True))["over seeds"] == told
    assert [row[board[0].index("over seeds")] for row in board[4:]] == [NOTHING] * (len(sweep.trials) - 3)
    again = page.figures[[caption.startswith("score with other seeds") for caption in page.captions].index(True)]
    assert sorted(again["data"][0]["x"]) == sorted(one.result for trial in sweep.trials for one in trial.repeats)
    assert dict(page.tables[0])["model"] == sweep.winning_model()


def test_what_ended_the_search_and_what_it_cost(large: tuple[Sweep, Page]) -> None:
    sweep, page = large
    assert "ended by the budget of 2 hours" in page.texts
    assert f"{sum(sweep.cost(trial) or 0 for trial in sweep.trials):,.2f} USD" in page.texts


def test_every_trial_can_be_run_again(large: tuple[Sweep, Page]) -> None:
    sweep, page = large
    assert {f"run {trial.id}" for trial in sweep.trials} <= set(page.texts)


def test_parameters_are_shown_in_pairs(large: tuple[Sweep, Page]) -> None:
    _, page = large
    titles = [caption for caption in page.captions if " and " in caption]
    assert titles == ["learning rate and embedding", "learning rate and scale", "embedding and scale"]
    pair = page.figures[page.captions.index(titles[0])]
    assert pair["layout"]["xaxis"]["type"] == "log"
    assert pair["layout"]["yaxis"]["ticktext"] == ["32", "64", "128"]
    (trace,) = pair["data"]
    assert len(set(zip(trace["x"], trace["y"], strict=True))) == len(trace["x"])  # none hides another


@pytest.mark.cluster
def test_a_reader_stays_where_he_is_and_copies(tmp_path: Path) -> None:
    sweep = made_large_sweep(phase="searching")
    page = tmp_path / "report.html"
    commands = {trial.id: {"Run it again": f"run {trial.id}"} for trial in sweep.trials}
    html = render(sweep_report(sweep, COMMANDS, commands))
    assert 'data-refresh="20"' in html
    page.write_text(html.replace('data-refresh="20"', 'data-refresh="2"'))
    with a_browser() as browser:
        reader = browser.new_page(viewport={"width": 390, "height": 844})
        wrong: list[str] = []
        reader.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        reader.on("pageerror", lambda error: wrong.append(str(error)))
        asked: list[str] = []
        reader.on("request", lambda request: asked.append(request.url))
        reader.goto(page.as_uri())
        assert reader.evaluate("document.documentElement.scrollWidth") == 390
        reader.get_by_text("Each trial", exact=True).last.click()
        reader.locator("summary", has_text="003:").first.click()
        reader.get_by_text("Run it again").nth(3).scroll_into_view_if_needed()
        top = reader.evaluate("scrollY")
        with reader.expect_navigation(timeout=10_000):
            pass
        reader.wait_for_function("scrollY > 0")
        assert abs(reader.evaluate("scrollY") - top) < 400  # the figures above may settle
        fold = reader.locator("details.details[open]")
        assert fold.locator("> summary").inner_text().startswith("003:")
        fold.get_by_role("button", name="Copy").click()
        assert reader.evaluate("getSelection().toString()") == "run 003"
        assert wrong == []
        assert {url.split(":")[0] for url in asked} == {"file"}
