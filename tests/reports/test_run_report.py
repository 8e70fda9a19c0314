from typing import Any

import numpy as np
import pandas as pd
import pytest

from affect.labels import EXPRESSIONS
from affect.reports.report import render
from affect.reports.run_report import State, run_report
from tests.reports.made_reports import Page, made_run, made_seen


def named(page: Page) -> dict[str, dict]:
    """Figures by their headings."""
    return dict(zip(page.captions, page.figures, strict=True))


def test_everything_that_is_known_is_shown() -> None:
    page = Page(render(run_report(made_run())))
    assert page.headings() == [
        "learning-curves",
        "within-epochs",
        "final-metrics",
        "each-label",
        "valence-arousal-plane",
        "examples",
        "time",
        "data",
        "configuration",
    ]
    final, units, times, data, configuration = page.tables
    assert final == [
        ["metric", "validation", "test"],
        ["valence_ccc", "0.3", "0.28"],
        ["AU1_f1", "0.75", "0.7"],
        ["AU12_f1", "0.25", "0.2"],
        ["score", "0.4", "0.38"],
    ]
    assert units[1:] == [["AU1 inner brow raiser", "100", "8.0%", "8.0%", "0.75", "0.75", "0.75"]]
    assert times[1:] == [
        ["training", "8.0 s"],
        ["validation and cluster centres", "3.0 s"],
        ["waiting for data", "2.0 s (25%)"],
        ["rows a second in training", "150"],
    ]
    assert data == [["corpus", "fingerprint", "synthetic"], ["sample", "abc123", "SYNTHETIC"]]
    assert ["network.width", "0.125"] in configuration
    assert "SYNTHETIC DATA" in page.texts


def test_the_figures_hold_the_numbers() -> None:
    run = made_run()
    figures = named(Page(render(run_report(run))))
    within = {trace["name"]: trace["y"] for trace in figures["Loss, by step"]["data"]}
    assert within == {"loss": [3.5, 2.5], "expression loss": [1.0, 0.9]}
    assert figures["Rows a second"]["data"][0]["y"] == [50, 100]
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
    assert [[int(count or 0) for count in row] for row in confusion["text"]] == run.seen.confusion
    assert figures["Labels"]["data"][0]["zmax"] == figures["Predictions"]["data"][0]["zmax"]
    assert sum(map(sum, figures["Labels"]["data"][0]["text"])) == 500


def test_f1_precision_and_recall_agree_with_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    truth, guess = rng.integers(0, 6, 300), rng.integers(0, 6, 300)
    confusion = metrics.confusion_matrix(truth, guess, labels=range(7))
    seen = made_seen(confusion=confusion.tolist())
    drawn = named(Page(render(run_report(made_run(seen=seen)))))["Expressions: F1, precision, recall"]["data"]
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(truth, guess, labels=range(6))
    for trace, expected in zip(drawn, (f1, precision, recall), strict=True):
        assert trace["x"] == list(EXPRESSIONS[:6])
        np.testing.assert_allclose(trace["y"], expected)


@pytest.mark.parametrize(
    ("missing", "gone"),
    [
        ({"history": pd.DataFrame()}, {"learning-curves", "time"}),
        ({"steps": pd.DataFrame()}, {"within-epochs"}),
        ({"metrics": {}}, {"final-metrics"}),
        (
            {"seen": made_seen(confusion=None, action_units=None), "metrics": {"validation": {"score": 0.4}}},
            {"each-label"},
        ),
        ({"seen": made_seen(plane_labels=None, plane_predictions=[[0, 0], [0, 0]])}, {"valence-arousal-plane"}),
        ({"seen": made_seen(examples=())}, {"examples"}),
        ({"seen": None}, {"valence-arousal-plane", "examples"}),
        ({"data": ()}, {"data"}),
        ({"config": {}}, {"configuration"}),
    ],
)
def test_what_is_not_known_leaves_no_empty_panel(missing: dict[str, Any], gone: set[str]) -> None:
    whole = Page(render(run_report(made_run()))).headings()
    page = Page(render(run_report(made_run(**missing))))
    assert page.headings() == [heading for heading in whole if heading not in gone]


def test_pictures_say_what_is_labelled_and_what_predicted() -> None:
    html = render(run_report(made_run()))
    page = Page(html)
    assert html.count('src="data:image/jpeg;base64,AAAA"') == 3
    place = page.texts.index("Expressions: right, and surest of it")
    assert [text for text in page.texts[place:] if text][1:6] == [
        "fear 0.75",
        "V -0.25 → -0.50",
        "A 0.50 → 0.25",
        "AU 1 4? +20",
        "made v1",
    ]
    place = page.texts.index("Expressions: wrong, and furthest from the label")
    assert [text for text in page.texts[place:] if text][1:5] == [
        "anger → fear 0.75",
        "V \N{EN DASH} → -0.50",
        "A \N{EN DASH} → 0.25",
        "AU 1 4",
    ]
    assert "Valence and arousal: nearest to the labels" in page.texts


def test_compound_expressions_and_identities_are_shown() -> None:
    picture = (
        made_seen()
        .examples[0]
        .model_copy(
            update={
                "group": "compound expressions",
                "labels": {"compound": "awed"},
                "predictions": {"compound": "hatred", "compound_probability": 0.75},
            }
        )
    )
    seen = made_seen(
        confusion=None, compounds=("awed", "hatred"), compound_confusion=[[3, 1], [0, 2]], examples=(picture,)
    )
    history = pd.DataFrame({"epoch": [1], "compound_macro_f1": [0.5], "identity_accuracy": [0.25]})
    metrics = {"validation": {"compound_macro_f1": 0.5, "identity_accuracy": 0.25}}
    page = Page(render(run_report(made_run(seen=seen, history=history, metrics=metrics))))
    figures = named(page)
    assert figures["Compound expressions"]["data"][0]["y"] == [0.5]
    assert figures["Identities"]["data"][0]["y"] == [0.25]
    confusion = figures["Compound expressions: confusion"]["data"][0]
    assert confusion["x"] == ["awed", "hatred"]
    assert [[int(count or 0) for count in row] for row in confusion["text"]] == [[3, 1], [0, 2]]
    for text in ("Compound expression macro F1", "Identity accuracy", "awed → hatred 0.75",
                 "Compound expressions: nearest to the labels"):  # fmt: skip
        assert text in page.texts


@pytest.mark.parametrize(("state", "loads"), [("running", True), ("stopped", False), ("finished", False)])
def test_the_page_says_how_the_run_stands(state: State, loads: bool) -> None:
    html = render(run_report(made_run(state=state, epochs=5)))
    assert state in Page(html).texts
    assert ('http-equiv="refresh"' in html) == loads
    assert ("3 of 5" in Page(html).texts) == (state != "finished")


def test_real_data_has_no_badge() -> None:
    page = Page(render(run_report(made_run(data=[{"corpus": "aff-wild2", "fingerprint": "x", "synthetic": False}]))))
    assert "SYNTHETIC DATA" not in page.texts
