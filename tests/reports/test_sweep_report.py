import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from affect.reports.report import render
from affect.reports.sweep_report import sweep_report, write_sweep
from affect.tuning.prices import Prices
from affect.tuning.results import Repeat, Sweep
from tests.browser import a_browser
from tests.reports.made_reports import SPACE, Page, made_sweep
from tests.reports.made_sweeps import asha_sweep, commands_of

COMMANDS = {"Promote the winner": "python -m jobs.promote /runs/sweep --name a --store /models"}
EACH = {"t1": {"Train it again": "python -m jobs.train small --set 'a=<1>'"}}


@pytest.fixture
def page() -> Page:
    return Page(render(sweep_report(made_sweep(), COMMANDS, EACH)))


def table(page: Page, *columns: str) -> list[list[str]]:
    """Rows of the first table that has the columns, cut down to them."""
    found = next(rows for rows in page.tables if set(columns) <= set(rows[0]))
    return [[row[found[0].index(column)] for column in columns] for row in found[1:]]


def traces(page: Page, caption: str) -> list[dict[str, Any]]:
    return page.figures[page.captions.index(caption)]["data"]


def pieces(trace: dict[str, Any]) -> list[list[float]]:
    """The lines that share a trace."""
    lines: list[list[float]] = [[]]
    for value in trace["y"]:
        if value is None:
            lines.append([])
        else:
            lines[-1].append(value)
    return [line for line in lines if line]


def test_every_trial_is_on_the_board(page: Page) -> None:
    board = page.tables[1]
    parameters = ["scale", "embedding", "learning rate"]
    assert board[0] == ["trial", "#", "score", "status", *parameters, "epochs", "time", "attempts"]
    assert [row[0] for row in board[1:]] == ["★ t1", "t0", "t2", "t4", "t3"]
    assert [row[3] for row in board[1:]] == ["finished", "finished", "stopped early", "waiting", "failed"]
    assert board[1][1:] == ["1", "0.45", "finished", "34.12", "64", "2.469e-5", "4", "20 s", "1"]
    marked = [attrs for tag, attrs in page.tags if tag == "tr" and attrs.get("class") == "highlight"]
    assert len(marked) == 2  # the winner, and the sum of the times


def test_seeds_decide_and_are_shown_with_their_spread() -> None:
    sweep = made_sweep()
    for trial, results in ((sweep.trials[0], (0.5, 0.6)), (sweep.trials[1], (0.3, 0.35))):
        trial.repeats = [Repeat(10 + n, "finished", result=result) for n, result in enumerate(results)]
    sweep.trials[1].repeats[1] = Repeat(11, "failed", reason="the disk is full")
    page = Page(render(sweep_report(sweep, {})))
    assert table(page, "trial", "over seeds", "seeds")[:2] == [["★ t0", "0.55 ± 0.071", "2"], ["t1", "0.3", "1"]]
    assert table(page, "trial", "seed", "score") == [
        ["t0", "10", "0.5"],
        ["t0", "11", "0.6"],
        ["t1", "10", "0.3"],
        ["t1", "11", "\N{EN DASH}"],
    ]
    seeds, means, search = traces(page, "Each seed")
    assert seeds["x"] == [0.5, 0.6, 0.3]
    assert means["x"] == pytest.approx([0.55, 0.3])
    assert means["error_x"]["array"] == pytest.approx([0.0707107, 0.0])
    assert search["x"] == [0.4, 0.45]
    assert ["t1, seed 11", "the disk is full", "0"] in table(page, "trial", "reason", "last epoch")


def test_hours_and_money_are_summed_over_all_that_ended() -> None:
    sweep = made_sweep()
    sweep.prices = Prices(cpu_hour=0.5, gpu_hour=2, currency="EUR")
    for trial in sweep.trials[:4]:
        trial.cpu_hours, trial.gpu_hours = 2.0, 1.0
    page = Page(render(sweep_report(sweep, {})))
    assert table(page, "", "trials", "time", "CPU-hours", "GPU-hours", "cost") == [
        ["finished", "2", "30 s", "4", "2", "6.00 EUR"],
        ["stopped early", "1", "30 s", "2", "1", "3.00 EUR"],
        ["failed", "1", "40 s", "2", "1", "3.00 EUR"],
        ["all", "4", "1 min 40 s", "8", "4", "12.00 EUR"],
    ]
    assert table(page, "trial", "EUR")[0] == ["★ t1", "3"]


def test_it_says_why_a_trial_ended(page: Page) -> None:
    assert table(page, "trial", "reason", "last epoch") == [
        ["t3", "ValueError: <no> & never", "0"],
        ["t2", "0 of the 3 trials that came to epoch 2 were ahead of it by then", "2"],
    ]
    assert "Trace of t3" in page.texts
    assert "Traceback </script> here" in page.texts


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


def test_each_trial_has_its_configuration_and_commands(page: Page) -> None:
    folds = [attrs["data-key"] for tag, attrs in page.tags if tag == "details" and attrs.get("class") == "wide details"]
    assert folds == [f"every-trial/{name}" for name in ("t1", "t0", "t2", "t4", "t3")]
    exact = [dict(rows[1:]) for rows in page.tables if rows[0] == ["parameter", "value"]]
    wanted = [trial.parameters for trial in made_sweep().ranked()]
    assert [float(one["optimiser.learning_rate"]) for one in exact] == [
        one["optimiser.learning_rate"] for one in wanted
    ]
    assert EACH["t1"]["Train it again"] in page.texts
    assert "recipe: small\nseed: 3" in page.texts


def test_the_curves_are_the_trials(page: Page) -> None:
    drawn = traces(page, "score of every trial")
    expected = [list(trial.values("score").values()) for trial in made_sweep().trials if trial.curve]
    assert sorted(line for trace in drawn for line in pieces(trace)) == sorted(expected)
    assert [trace["name"] for trace in drawn] == ["stopped early", "finished", "winner"]


def test_the_best_so_far_counts_those_that_finished(page: Page) -> None:
    best = traces(page, "As the search went on")[-1]
    assert (best["x"], best["y"]) == ([1, 2, 5], pytest.approx([0.4, 0.45, 0.45]))


def test_each_parameter_is_on_its_own_scale(page: Page) -> None:
    axes = {key: page.figures[page.captions.index(key)]["layout"]["xaxis"] for key in SPACE}
    assert axes["optimiser.learning_rate"]["type"] == "log"
    assert axes["network.embedding"]["ticktext"] == ["32", "64", "128"]
    scored = [trial for trial in made_sweep().trials if trial.curve]
    drawn = {value for trace in traces(page, "network.arcface.scale") for value in trace["x"]}
    assert drawn == {trial.parameters["network.arcface.scale"] for trial in scored}


def test_parallel_coordinates_join_all_parameters(page: Page) -> None:
    drawn = traces(page, "All parameters together")
    lines = [line for trace in drawn for line in pieces(trace)]
    assert len(lines) == 3
    assert all(len(line) == len(SPACE) + 1 and all(0 <= y <= 1 for y in line) for line in lines)
    assert pieces(drawn[-1])[0][-1] == 1.0


def test_a_pair_shows_each_trial_near_its_values(page: Page) -> None:
    drawn = traces(page, "scale and embedding")
    points = [zip(trace["x"], trace["y"], trace["marker"]["color"], strict=True) for trace in drawn]
    places = {x: (y, colour) for trace in points for x, y, colour in trace}
    sweep = made_sweep()
    for trial in sweep.trials[:3]:
        y, colour = places[trial.parameters["network.arcface.scale"]]
        assert round(y) == [32, 64, 128].index(trial.parameters["network.embedding"])
        assert colour == sweep.best(trial)


def test_importance_is_left_out_where_trials_are_too_few(page: Page) -> None:
    assert "Importance" not in page.captions
    assert any(text.startswith("Importance is left out: 3 trials") for text in page.texts)


def test_many_trials_make_few_traces_and_a_light_page() -> None:
    sweep = asha_sweep(200)
    page = Page(html := render(sweep_report(sweep, *commands_of(sweep))))
    assert max(len(figure["data"]) for figure in page.figures) <= 10
    assert sum(len(pieces(trace)) for trace in traces(page, "score of every trial")) == 200
    assert len(json.dumps(page.figures)) < 600_000
    assert len(html) < 7_000_000
    bars, _ = traces(page, "Importance")
    assert set(bars["y"][:2]) == {"learning rate", "margin"}


def test_nothing_is_loaded_from_elsewhere(page: Page) -> None:
    assert page.addresses() == ["trials.csv", "sweep.json"]
    assert "SYNTHETIC DATA" in page.texts


def test_csv_and_json_are_the_same_sweep(tmp_path: Path) -> None:
    sweep = made_sweep()
    sweep.uri = str(tmp_path)
    write_sweep(sweep, COMMANDS)
    read = pd.read_csv(io.StringIO((tmp_path / "trials.csv").read_text()))
    pd.testing.assert_frame_equal(read, sweep.table(), check_dtype=False)
    assert Sweep.from_json((tmp_path / "sweep.json").read_text()) == sweep
    assert len(json.loads((tmp_path / "sweep.json").read_text())["trials"]) == len(read) == 5
    assert Page((tmp_path / "report.html").read_text()).tables[1][1][0] == "★ t1"


def test_a_sweep_that_has_just_begun_has_no_empty_panel() -> None:
    sweep = made_sweep(finished=False)
    for trial in sweep.trials:
        trial.status, trial.curve, trial.result, trial.model, trial.seconds = "waiting", [], None, None, 0.0
        trial.reason = trial.trace = ""
    html = render(sweep_report(sweep, {}))
    assert Page(html).headings() == ["leader-board", "every-trial", "configuration-of-the-sweep"]
    assert 'http-equiv="refresh"' in html


def test_one_trial_with_one_epoch_can_be_drawn() -> None:
    sweep = made_sweep()
    sweep.trials = sweep.trials[:1]
    sweep.trials[0].curve = sweep.trials[0].curve[:1]
    assert len(Page(render(sweep_report(sweep, {}))).figures) == 7


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with a_browser() as opened:
        yield opened


@pytest.mark.cluster
def test_the_page_works_on_a_phone_and_stays_as_it_was_when_it_renews_itself(browser: Any, tmp_path: Path) -> None:
    sweep = asha_sweep(24, "searching", str(tmp_path))
    write_sweep(sweep, *commands_of(sweep))
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, color_scheme="dark")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab = context.new_page()
    faults: list[str] = []
    tab.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("request", lambda request: None if request.url.startswith("file:") else faults.append(request.url))
    tab.clock.install()
    tab.goto((tmp_path / "report.html").as_uri())
    pause = tab.locator("#pause-button")
    # The page's clock goes on by itself too: held, or a slow machine would see it renew itself in between.
    pause.evaluate("(button) => button.click()")

    for plot in tab.locator(".plot").all():
        plot.scroll_into_view_if_needed()
        plot.locator(".main-svg").first.wait_for()
    tab.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    assert tab.evaluate("document.documentElement.scrollWidth") == 390
    tab.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = false; })")

    fold = tab.locator("details.details").nth(1)
    fold.locator("summary").first.click()
    fold.locator(".command button").first.click()
    fold.locator(".command button", has_text="Copied").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == fold.locator(".command pre").first.text_content()
    open_before = fold.get_attribute("data-key")
    assert open_before
    place = f"document.querySelector(\"[data-key='{open_before}']\").getBoundingClientRect().top"
    fold.evaluate("(fold) => { fold.scrollIntoView(); scrollBy(0, -20); }")
    in_sight = tab.evaluate(place)
    assert 0 <= in_sight < 100

    tab.evaluate("document.body.dataset.old = 'yes'")
    tab.clock.run_for(60_000)
    assert tab.locator("body[data-old]").count() == 1  # it waits when told to
    for phase in ("searching", "finished"):  # the last page has more above, and does not load itself again
        sweep = asha_sweep(24, phase, str(tmp_path))
        write_sweep(sweep, *commands_of(sweep))
        tab.evaluate("document.body.dataset.old = 'yes'")
        pause.evaluate("(button) => button.click()")
        tab.clock.run_for(25_000)
        tab.locator("body:not([data-old])").wait_for()
        tab.wait_for_load_state()
        if phase != "finished":
            pause.evaluate("(button) => button.click()")
        assert tab.locator("details[open]").evaluate_all("(all) => all.map((one) => one.dataset.key)") == [open_before]
        assert abs(tab.evaluate(place) - in_sight) < 5
    assert tab.locator("#pause-button").count() == 0
    assert faults == []
