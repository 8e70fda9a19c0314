import math
import subprocess
from pathlib import Path
from typing import Any

import pytest

from affect.reports.figures import figure
from affect.reports.report import Badge, Block, Command, Figure, Report, Section, Table, Text, Tile, cell, render, write
from tests.reports.made_reports import Page, styles


def report(*blocks: Block, **more: Any) -> Report:
    return Report("Title <b>", "where it lies", [Section("First part", blocks), Section("Empty", [])], **more)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "\N{EN DASH}"),
        (math.nan, "\N{EN DASH}"),
        (True, "yes"),
        (False, "no"),
        (0.123456, "0.1235"),
        (1.2345e-5, "1.234e-5"),
        (123456.7, "123,457"),
        (1e30, "1e+30"),
        (12, "12"),
        ("x", "x"),
        ([1, 2], "[1, 2]"),
        ({"a": 1}, '{"a": 1}'),
    ],
)
def test_cells_are_short(value: Any, shown: str) -> None:
    assert cell(value) == shown


def test_the_page_holds_all_blocks_and_escapes_them() -> None:
    made = figure("x", "y").add_scatter(x=[1, 2], y=[3, 4], name="</script><script>alert(1)</script>")
    html = render(
        report(
            Table(("name", "value"), [["<i>", 1.5], [Badge("bad", "bad"), None]], highlight=1),
            Figure("A figure", made),
            Command("Do it", "run --set 'a=<b>'"),
            Text("More", "line & line"),
            badges=[Badge("SYNTHETIC DATA", "warn")],
            tiles=[Tile("Score", "0.5", "validation")],
            links={"trials.csv": "trials.csv"},
        )
    )
    page = Page(html)
    assert page.tables == [[["name", "value"], ["<i>", "1.5"], ["bad", "\N{EN DASH}"]]]
    assert [trace["name"] for trace in page.figures[0]["data"]] == ["</script><script>alert(1)</script>"]
    for text in ("Title <b>", "SYNTHETIC DATA", "Score", "validation", "run --set 'a=<b>'", "line & line", "A figure"):
        assert text in page.texts
    assert page.headings() == ["first-part"]
    assert page.addresses() == ["trials.csv"]


def test_a_section_may_have_any_title() -> None:
    titles = ["Figures", "Templates", "Pause"]  # what elements of the page itself are about
    html = render(Report("Title", "", [Section(title, [Figure("a", figure())]) for title in titles], refresh_s=20))
    ids = [attrs["id"] for _, attrs in Page(html).tags if "id" in attrs]
    assert sorted(ids) == sorted(set(ids))


def test_plotly_is_in_the_page_once_and_only_when_needed() -> None:
    with_two = render(report(Figure("a", figure()), Figure("b", figure())))
    without = render(report(Table(("a",), [[1]])))
    assert with_two.count("plotly.js v") == 1
    assert "plotly.js v" not in without
    assert len(without) < 20_000


def test_nothing_is_loaded_from_elsewhere() -> None:
    html = render(report(Figure("a", figure())))
    page = Page(html)
    policy = next(attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert page.addresses() == []
    assert "url(" not in styles(html)
    assert "@import" not in styles(html)


def test_only_a_page_of_something_that_runs_loads_itself_again() -> None:
    assert 'http-equiv="refresh" content="20"' in render(report(Text("a", "b"), refresh_s=20))
    assert 'http-equiv="refresh"' not in render(report(Text("a", "b")))


def test_it_is_written_whole(tmp_path: Path) -> None:
    write(report(Text("a", "b")), str(tmp_path / "new" / "report.html"))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["report.html"]
    assert Page((tmp_path / "new" / "report.html").read_text()).headings() == ["first-part"]


@pytest.mark.cluster
def test_a_browser_draws_the_figures_under_the_policy(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write(report(Figure("a", figure("x", "y").add_scatter(x=[1, 2], y=[3, 4]))), str(path))
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={tmp_path}/profile"]
    options += ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--dump-dom"]
    command = ["chromium", *options, "--virtual-time-budget=8000", path.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    assert 'class="main-svg"' in dom
    assert "scatterlayer" in dom
