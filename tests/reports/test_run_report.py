from typing import Any

import numpy as np
import pandas as pd
import pytest

from affect.labels import EXPRESSIONS
from affect.reports.figures import plane_counts
from affect.reports.report import render
from affect.reports.run_report import run_report
from tests.reports.made_reports import Page, made_run


def named(page: Page) -> dict[str, dict]:
    """Figures by their headings."""
    return dict(zip(page.captions, page.figures, strict=True))


def test_everything_that_is_known_is_shown() -> None:
    page = Page(render(run_report(made_run())))
    assert page.headings() == [
        "learning-curves",
        "final-metrics",
        "each-label",
        "valence-arousal-plane",
        "data",
        "configuration",
    ]
    final, data, configuration = page.tables
    assert final == [
        ["metric", "validation", "test"],
        ["valence_ccc", "0.3", "0.28"],
        ["AU1_f1", "0.75", "0.7"],
        ["AU12_f1", "0.25", "0.2"],
        ["score", "0.4", "0.38"],
    ]
    assert data == [["corpus", "fingerprint", "synthetic"], ["sample", "abc123", "SYNTHETIC"]]
    assert ["network.width", "0.125"] in configuration
    assert "SYNTHETIC DATA" in page.texts


def test_the_figures_hold_the_numbers() -> None:
    run = made_run()
    figures = named(Page(render(run_report(run))))
    loss = {trace["name"]: trace["y"] for trace in figures["Loss"]["data"]}
    assert loss == {"train loss": [3.0, 2.0, 1.5], "train expression loss": [1.0, 0.9, 0.8]}
    assert [trace["y"] for trace in figures["Valence and arousal: CCC"]["data"]] == [
        [0.1, 0.2, 0.3],
        [0.15, 0.25, 0.35],
    ]
    units = {
        trace["name"]: dict(zip(trace["x"], trace["y"], strict=True)) for trace in figures["Action units: F1"]["data"]
    }
    assert units == {"validation": {"AU1": 0.75, "AU12": 0.25}, "test": {"AU1": 0.7, "AU12": 0.2}}
    confusion = figures["Expressions: confusion"]["data"][0]
    assert confusion["x"] == confusion["y"] == list(EXPRESSIONS)
    assert [[int(count or 0) for count in row] for row in confusion["text"]] == run.confusion.tolist()
    assert figures["Labels"]["data"][0]["zmax"] == figures["Predictions"]["data"][0]["zmax"]
    assert sum(map(sum, figures["Labels"]["data"][0]["text"])) == len(run.labels)


def test_f1_precision_and_recall_agree_with_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    truth, guess = rng.integers(0, 6, 300), rng.integers(0, 6, 300)
    confusion = metrics.confusion_matrix(truth, guess, labels=range(7))
    drawn = named(Page(render(run_report(made_run(confusion=confusion)))))["Expressions: F1, precision, recall"]["data"]
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(truth, guess, labels=range(6))
    for trace, expected in zip(drawn, (f1, precision, recall), strict=True):
        assert trace["x"] == list(EXPRESSIONS[:6])
        np.testing.assert_allclose(trace["y"], expected)


@pytest.mark.parametrize(
    ("missing", "gone"),
    [
        ({"history": pd.DataFrame()}, "learning-curves"),
        ({"metrics": {}}, "final-metrics"),
        ({"confusion": None, "metrics": {"validation": {"score": 0.4}}}, "each-label"),
        ({"labels": None, "predictions": None}, "valence-arousal-plane"),
        ({"labels": np.full((3, 2), np.nan), "predictions": None}, "valence-arousal-plane"),
        ({"data": ()}, "data"),
        ({"config": {}}, "configuration"),
    ],
)
def test_what_is_not_known_leaves_no_empty_panel(missing: dict[str, Any], gone: str) -> None:
    whole = Page(render(run_report(made_run()))).headings()
    page = Page(render(run_report(made_run(**missing))))
    assert page.headings() == [heading for heading in whole if heading != gone]


def test_real_data_has_no_badge() -> None:
    page = Page(render(run_report(made_run(data=[{"corpus": "aff-wild2", "fingerprint": "x", "synthetic": False}]))))
    assert "SYNTHETIC DATA" not in page.texts


def test_points_are_counted_in_their_cells() -> None:
    points = np.array([[-1, -1], [1, 1], [0.99, -0.99], [np.nan, 0], [0.05, 0.95]])
    counts = plane_counts(points, bins=20)
    assert counts.sum() == 4
    assert counts[0, 0] == counts[19, 19] == counts[0, 19] == counts[19, 10] == 1
