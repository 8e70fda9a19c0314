"""The page on annotators' agreement holds the numbers."""

from typing import Any

import numpy as np
import pytest

from affect.annotation.agreement import Agreement
from affect.annotation.settings import AnnotationSettings
from affect.annotation.smoothing import median_filter
from affect.annotation.traces import Trace
from affect.annotation.video import annotate
from affect.reports.agreement_report import DRAWN_VIDEOS, agreement_report, joined
from affect.reports.report import render
from tests.reports.made_reports import Page

SETTINGS = AnnotationSettings(median_filter=5)
TIMES = np.arange(90) / 30
COURSE = np.sin(np.arange(90) / 9) / 2


def traces(seed: int, names: str = "abc") -> list[Trace]:
    rng = np.random.default_rng(seed)
    return [Trace(name, TIMES, COURSE + rng.normal(0, 0.1 + 0.2 * (name == "c"), 90)) for name in names]


def record(seed: int, **changes: Any) -> dict[str, Any]:
    labels = {"expression": [np.array([4, 4, 0], np.int8), np.array([4, 3, -1], np.int8)]}
    made = annotate({"valence": traces(seed), "arousal": traces(seed + 100)}, labels, TIMES, SETTINGS)
    about = {"name": f"video{seed}", "split": "train", "dimensions": made.dimensions, "by_frame": made.by_frame}
    return about | {"set_aside": []} | changes


def page(records: list[dict[str, Any]]) -> Page:
    return Page(render(agreement_report(records, SETTINGS.model_dump(), "Agreement", "/runs/out")))


def test_everything_that_is_known_is_shown() -> None:
    shown = page([record(1), record(2, set_aside=[("x.csv", "<broken> & bad"), ("y.csv", "y.csv, line 2: no")])])
    assert shown.headings() == [
        "median-filter", "annotators", "traces", "expressions-and-action-units", "videos", "set-aside", "settings",
    ]  # fmt: skip
    assert "2 set aside" in shown.texts
    maic, by_frame, videos, aside, settings = shown.tables
    assert [row[0] for row in maic] == ["frames", "no filter", "5", "15", "30"]
    assert [row[2] for row in maic[1:]] == ["0.6", "0.603", "0.62", "0.63"]
    assert by_frame[1] == ["expression", "2", "6", "2", "33.3%"]
    assert videos[1][:2] + videos[1][4:6] == ["video1", "valence", "90", "90"]
    assert sorted(", ".join(filter(None, videos[1][6:8])).split(", ")) == ["a", "b", "c"]
    assert len(videos) == 5
    assert aside[1:] == [["x.csv: <broken> & bad"], ["y.csv, line 2: no"]]
    assert ["median_filter", "5"] in settings
    assert shown.addresses() == []


def test_maic_is_that_of_all_videos_joined() -> None:
    records = [record(1), record(2)]
    expected = Agreement()
    for seed in (1, 2):
        expected.add({one.annotator: median_filter(one.values, 15) for one in traces(seed)})
    assert joined(records, "valence")[15].maic() == pytest.approx(expected.maic())
    assert page(records).tables[0][3][1] == f"{round(expected.maic(), 4):.4g}"


def test_the_figures_hold_correlations_and_traces() -> None:
    shown = page([record(1)])
    figures = dict(zip(shown.captions, shown.figures, strict=False))
    heat = figures["Valence"]["data"][0]
    assert (heat["y"], heat["x"]) == (["a", "b", "c"], ["a", "b", "c", "average"])
    of_five = Agreement().add({one.annotator: median_filter(one.values, 5) for one in traces(1)})
    assert heat["z"][0][1] == pytest.approx(of_five.correlation("a", "b"))
    assert heat["z"][2][3] == pytest.approx(of_five.averages()["c"])
    lines = {line["name"]: line for line in shown.figures[3]["data"]}
    kept = record(1)["dimensions"]["valence"]["kept"]
    assert {name for name, line in lines.items() if line["line"].get("dash") == "dot"} == set("abc") - set(kept)
    np.testing.assert_allclose(lines["mean"]["y"], np.mean([lines[name]["y"] for name in kept], axis=0), atol=2e-4)


def test_of_many_videos_those_from_least_to_most_agreement_are_drawn() -> None:
    one = record(0)
    records = []
    for index in range(40):
        valence = one["dimensions"]["valence"] | {"correlation": index / 40}
        records.append(one | {"name": f"v{index:02d}", "dimensions": {"valence": valence}})
    shown = page(records)
    drawn = [caption for caption in shown.captions if caption.startswith("v") and caption[1:].isdigit()]
    assert len(drawn) == DRAWN_VIDEOS
    assert drawn == sorted(drawn)
    assert (drawn[0], drawn[-1]) == ("v00", "v39")
    assert "arousal, published" not in shown.texts


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"dimensions": {}}, {"median-filter", "annotators", "traces", "videos"}),
        ({"by_frame": {}}, {"expressions-and-action-units"}),
    ],
)
def test_what_is_not_known_leaves_no_empty_panel(changes: dict[str, Any], gone: set[str]) -> None:
    whole = set(page([record(1)]).headings())
    assert set(page([record(1, **changes)]).headings()) == whole - gone


def test_a_single_annotator_has_traces_and_no_agreement() -> None:
    settings = AnnotationSettings(least_annotators=1)
    made = annotate({"valence": traces(1, "a"), "arousal": traces(2, "a")}, {}, TIMES, settings)
    about = {"name": "v", "split": "train", "dimensions": made.dimensions, "by_frame": {}, "set_aside": []}
    shown = Page(render(agreement_report([about], settings.model_dump(), "Agreement", "")))
    assert shown.headings() == ["traces", "videos", "settings"]
