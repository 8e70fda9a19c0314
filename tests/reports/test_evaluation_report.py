"""The report of an evaluation holds the figures of metrics.json, and no panel of what is not known."""

from typing import Any

import numpy as np
import pytest

from affect.evaluation.judging import Judging
from affect.evaluation.measures import VIEWS, Measures
from affect.evaluation.settings import BootstrapSettings
from affect.reports.evaluation_report import Curve, Evaluation, evaluation_report
from affect.reports.report import cell, render
from affect.reports.score_cells import score_columns
from tests.evaluation.made_predictions import SPEC, made_predictions
from tests.reports.made_reports import Page

VIDEOS = {("a", "main"): 40, ("b", "left"): 30, ("b", "right"): 30}


def made(*corpora: str, heads: tuple[str, ...] = SPEC.heads, videos: Any = VIDEOS, **changes: Any) -> Evaluation:
    spec = SPEC.model_copy(update={"heads": heads})
    measures = Measures(Judging(network=spec))
    for seed, corpus in enumerate(corpora):
        measures.update(made_predictions(videos, seed, corpus, spec))
    time = np.arange(50) / 25
    lines = np.stack([np.sin(time), np.cos(time)], axis=1).astype(np.float32)
    lines[3] = np.nan
    known: dict[str, Any] = {
        "title": "emo/0001 on made (test)",
        "uri": "/runs/evaluation",
        "metrics": measures.summary(BootstrapSettings(resamples=30)),
        "views": VIEWS,
        "config": {"split": "test", "bootstrap": {"resamples": 30}},
        "confusion": measures.joined("faces").confusion,
        "plane": measures.joined("faces").plane,
        "curves": [Curve("a", "best: CCC 0.70 valence, 0.60 arousal", time, lines, lines * 0.5)],
    }
    return Evaluation(**known | changes)


def page(evaluation: Evaluation) -> Page:
    return Page(render(evaluation_report(evaluation)))


def lines(shown: Page) -> list[list[str]]:
    return [line for table in shown.tables for line in table]


def ends(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.3f}\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}{interval[1]:.3f}"


def test_the_sections_of_all_that_there_is() -> None:
    shown = page(made("aff-wild2", "recola", synthetic=True))
    assert shown.headings() == [
        "judged-by",
        "each-label",
        "valence-arousal-plane",
        "over-time",
        "videos-from-their-frames",
        "all-metrics",
        "each-corpus",
        "each-video",
        "configuration",
    ]
    assert "SYNTHETIC DATA" in shown.texts
    assert {"metrics.json", "predictions.parquet"} <= set(shown.addresses())


def test_what_a_corpus_is_judged_by_with_its_interval() -> None:
    evaluation = made("aff-wild2", "recola")
    shown = page(evaluation)
    assert shown.tables[0][0] == [
        "corpus", "metric", "frames with a face", "95% interval", "all frames", "judged by it in"
    ]  # fmt: skip
    rows = evaluation.metrics["default"]
    assert shown.tables[0][1:] == [
        [
            row["corpus"],
            row["metric"],
            cell(row["faces"]),
            ends(row["interval"]),
            cell(row["all_frames"]),
            row["source"],
        ]
        for row in rows
    ]
    assert f"aff-wild2, {ends(rows[0]['interval'])}" in shown.texts
    assert any("drawn with replacement, 30 times: 2 of aff-wild2, 2 of recola." in text for text in shown.texts)
    ccc = evaluation.metrics["faces"]["valence_ccc"], evaluation.metrics["intervals"]["faces"]["valence_ccc"]
    assert ["valence_ccc", cell(ccc[0]), ends(ccc[1]), cell(evaluation.metrics["all_frames"]["valence_ccc"])] in lines(
        shown
    )
    of = evaluation.metrics["corpora"]["recola"]
    assert any(
        line[0] == "valence_ccc"
        and line[2] == f"{cell(of['faces']['valence_ccc'])} ({ends(of['intervals']['valence_ccc'])})"
        for line in lines(shown)
    )


def test_what_is_judged_by_videos_is_called_so() -> None:
    evaluation = made("afew")
    shown = page(evaluation)
    row = next(row for row in evaluation.metrics["default"] if row["of"] == "videos")
    assert {"expression_accuracy of videos", cell(row["faces"]), "\N{EN DASH}"} < set(shown.tables[0][3])
    assert "expression accuracy of videos" in shown.texts


def test_one_video_has_no_interval() -> None:
    evaluation = made("aff-wild2", videos={("a", "main"): 40})
    assert score_columns(evaluation.metrics, VIEWS) == ["frames with a face", "all frames"]
    shown = page(evaluation)
    assert not any("interval" in text.lower() for text in shown.texts)
    assert "aff-wild2" in shown.texts
    assert all(row["interval"] is None for row in evaluation.metrics["default"])


def test_where_one_of_two_corpora_has_one_video() -> None:
    """A dash for it and for both joined."""
    first, second = made("aff-wild2"), made("recola", videos={("a", "main"): 40})
    metrics = dict(first.metrics)
    metrics["default"] = first.metrics["default"] + second.metrics["default"]
    metrics["corpora"] = first.metrics["corpora"] | second.metrics["corpora"]
    metrics["intervals"] = first.metrics["intervals"] | {"faces": {}}
    shown = page(made("aff-wild2", metrics=metrics))
    assert {line[3] for line in shown.tables[0] if line[0] == "recola"} == {"\N{EN DASH}"}
    assert all(line[2] == "\N{EN DASH}" for line in lines(shown) if line[0] == "arousal_pearson" and len(line) == 4)


def test_the_figures_hold_the_numbers() -> None:
    evaluation = made("aff-wild2")
    shown = page(evaluation)
    drawn = dict(zip(shown.captions, shown.figures, strict=True))
    assert evaluation.confusion is not None
    texts = drawn["Expressions: confusion"]["data"][0]["text"]
    assert sum(int(text) for row in texts for text in row if text) == evaluation.confusion.sum()
    bars = {trace["name"]: trace["y"] for trace in drawn["Action units: F1, precision, recall"]["data"]}
    assert bars["recall"] == [of["recall"] for of in evaluation.metrics["action_units"].values()]
    planes = [drawn[name]["data"][0] for name in ("Labels", "Predictions")]
    assert planes[0]["zmax"] == planes[1]["zmax"]
    assert np.sum(planes[0]["text"]) == np.sum(planes[1]["text"]) == evaluation.plane.labels.sum() > 0
    label, prediction = drawn["a: arousal"]["data"]
    assert label["y"][3] is None
    assert prediction["y"][10] == pytest.approx(label["y"][10] / 2, abs=1e-3)
    assert drawn["a: arousal"]["layout"]["yaxis"]["range"] == [-1, 1]


def test_a_network_of_one_output_has_its_panels_alone() -> None:
    shown = page(made("aff-wild2", heads=("action_units",), confusion=None, plane=None, curves=[]))
    assert shown.headings() == ["judged-by", "each-label", "all-metrics", "each-video", "configuration"]
    assert shown.captions == ["Action units: F1, precision, recall"]


def test_groups_thresholds_and_folds_have_sections_where_they_are() -> None:
    evaluation = made("aff-wild2")
    metrics = dict(evaluation.metrics)
    faces = metrics["faces"]
    groups = {
        name: {"rows": 40, "videos": 1, "pictures": 0, "small": name == "old", "faces": faces | {"valence_ccc": ccc},
               "intervals": {}}
        for name, ccc in (("old", -0.25), ("young", 0.5))
    }  # fmt: skip
    apart = {"valence_ccc": {"best": "young", "worst": "old", "difference": 0.75, "of_small_groups": True}}
    metrics["groups"] = {"age": {"groups": groups, "rows_without": 7, "small_below": 20, "differences": apart}}
    metrics["thresholds"] = metrics["thresholds"] | {"used": {"AU4": 0.25}, "from": "stored with the model"}
    runs = [{"run": f"/runs/{number}", "model": "emo", "rows": 10, "faces": faces} for number in (0, 1)]
    metrics["folds"] = {"runs": runs, "mean": {"valence_ccc": 0.375}, "deviation": {"valence_ccc": 0.0125}}
    metrics["default"] = [row | {"folds": {"mean": 0.375, "deviation": None}} for row in metrics["default"]]
    shown = page(made("aff-wild2", metrics=metrics))
    assert {"groups", "thresholds", "each-fold"} < set(shown.headings())
    assert ["rows", "40", "40", "", ""] in lines(shown)
    assert ["valence_ccc", "-0.25", "0.5", "0.75", "young, old (small)"] in lines(shown)
    assert any("7 by age" in text for text in shown.texts)
    default = metrics["thresholds"]["at_default"]["faces"]["AU4_f1"]
    assert ["AU4", "0.25", cell(faces["AU4_f1"]), cell(default)] in lines(shown)
    assert any(
        line[0] == "valence_ccc" and line[-1] == "0.375 \N{PLUS-MINUS SIGN}\N{NO-BREAK SPACE}0.013"
        for line in lines(shown)
    )
    drawn = dict(zip(shown.captions, shown.figures, strict=True))["By age"]
    assert drawn["layout"]["yaxis"]["range"][0] == pytest.approx(-0.3)
