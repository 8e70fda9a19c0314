"""The report while a run goes on."""

from pathlib import Path

import pytest

from affect.following import page as module
from affect.following.company import Company
from affect.following.page import Page
from affect.following.records import Records
from affect.training.history import write_history
from tests.following.made_runs import followed, row, tell
from tests.reports.made_reports import Page as Html


def test_the_page_grows_and_says_how_the_run_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHARE", float("inf"))  # as often as it is told
    out, report = str(tmp_path), tmp_path / "report.html"
    run = followed(out, epochs=3)
    company = Company([Records(run), Page(run)], every=2)
    tell([company], last=3)
    first = Html(report.read_text())
    assert "learning-curves" not in first.headings()
    write_history(out, [row(0)])
    tell([company], first=4, last=4)
    second = Html(report.read_text())
    assert {"within-epochs", "learning-curves", "each-label", "valence-arousal-plane", "time"} <= set(second.headings())
    assert {"running", "SYNTHETIC DATA", "1 of 3"} <= set(second.texts)
    assert 'http-equiv="refresh"' in report.read_text()
    company.close()
    assert "stopped" in Html(report.read_text()).texts
    assert 'http-equiv="refresh"' not in report.read_text()


def test_writing_takes_a_small_share_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    monkeypatch.setattr(module, "write_run_report", lambda *arguments: written.append(arguments[-1]))
    run = followed(str(tmp_path), epochs=100)
    follower = Page(run)
    clock = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(module, "write_run_report", lambda *arguments: (written.append(clock[0]), _take(clock, 0.5)))
    while clock[0] < 1000:
        clock[0] += 3
        follower.epoch([row(0)])
        follower.checkpoint(0.1)
    assert written[0] == 3
    assert 0.5 * len(written) <= 1000 * 0.02 + 0.5
    assert len(written) > 30


def _take(clock: list[float], seconds: float) -> None:
    clock[0] += seconds
