"""The page of a chain."""

import json
from pathlib import Path

import pytest

from affect.reports.chain_report import write_chain_report
from affect.training.history import write_history
from affect.training.settings import Chain, Start, TrainConfig
from tests.following.made_runs import SPEC, row
from tests.reports.made_reports import Page, made_seen

CNN = TrainConfig(recipe="cnn", network=SPEC, epochs=2)
CHAIN = Chain(
    recipe="made/staged",
    stages={"cnn": CNN, "rnn": CNN.model_copy(update={"start": (Start(model="stage:cnn"),)}), "last": CNN},
)


@pytest.mark.parametrize(("state", "loads"), [("running", True), ("stopped", False)])
def test_stages_and_the_way_to_their_pages(tmp_path: Path, state: str, loads: bool) -> None:
    for name, epochs in (("cnn", 2), ("rnn", 1)):
        folder = tmp_path / name
        write_history(str(folder), [row(epoch) for epoch in range(epochs)])
        (folder / "config.yaml").touch()
        (folder / "report.html").touch()
    made_seen().write(str(tmp_path / "cnn" / "validation.json"))
    metrics = {"validation": {"score": 0.5}, "test": {"score": 0.25}}
    (tmp_path / "cnn" / "DONE").write_text(json.dumps({"metrics": metrics}))
    write_chain_report(CHAIN, str(tmp_path), state)
    html = (tmp_path / "report.html").read_text()
    page = Page(html)
    stages, finals = page.tables
    assert stages[1:] == [
        ["1", "cnn", "finished", "2 of 2", "0.35", "0.1 min"],
        ["2", "rnn", "begun", "1 of 2", "0.25", "0.0 min"],
        ["3", "last", "waiting", "0 of 2", "\N{EN DASH}", "\N{EN DASH}"],
    ]
    assert finals == [["metric", "cnn, test"], ["score", "0.25"]]
    assert page.addresses() == ["cnn/report.html", "rnn/report.html"]
    curves = {trace["name"]: (trace["x"], trace["y"]) for trace in page.figures[0]["data"]}
    assert curves == {"cnn": ([1, 2], [0.25, 0.35]), "rnn": ([3], [0.25])}
    assert {state, "SYNTHETIC DATA", "1 of 3"} <= set(page.texts)
    assert ('http-equiv="refresh"' in html) == loads


def test_before_anything_has_begun(tmp_path: Path) -> None:
    write_chain_report(CHAIN, str(tmp_path), "running")
    page = Page((tmp_path / "report.html").read_text())
    assert [cells[2] for cells in page.tables[0][1:]] == ["waiting"] * 3
    assert page.headings() == ["stages"]
