from collections import Counter

import numpy as np
import pytest

from affect.checking.rows import Rows
from affect.checking.survey import Survey, VideoFacts
from affect.checking.tally import Tally
from affect.reports.corpus_report import corpus_report
from affect.reports.report import render
from tests.checking.made_corpus import made_labels
from tests.reports.made_reports import Page


def made_survey() -> Survey:
    """Two videos to train with all kinds of label but compound ones, one to test with expressions."""
    tally = Tally()
    train = tally.of("train")
    train.videos, train.frames, train.subjects = 2, 6, {"ann", "bob"}
    train.add_labels([made_labels(["anger", "anger", "fear"], [-0.5, 0.5, 0.45])], video=True)
    train.add_labels([made_labels([None] * 3, units={1: [1, 0, 0], 12: [1, -1, -1]})], video=True)
    tally.of("test").videos, tally.of("test").frames = 1, 2
    tally.of("test").add_labels([made_labels(["anger", "neutral"])], video=True)
    videos = [
        VideoFacts("train", 640, 360, 30.0, 90.0, 1),
        VideoFacts("train", 640, 360, 29.97, 3600.0, 2),
        VideoFacts("test", 320, 180, 25.0, 30.0, 1),
    ]
    return Survey(tally, videos, faults=[("c.mp4", "breaks off")])


def made_rows() -> Rows:
    """The first video, one of whose frames has no face."""
    tally = Tally()
    tally.of("train").videos, tally.of("train").frames = 1, 2
    tally.of("train").add_labels([made_labels(["anger", "fear"], [-0.5, 0.45])], video=True)
    return Rows(tally, rows=3, missed=1)


def page(survey: Survey, rows: Rows | None = None, corpus: str = "aff-wild2", synthetic: bool = False) -> Page:
    return Page(render(corpus_report(corpus, "/data", survey, rows, synthetic=synthetic)))


def test_the_sections_of_what_is_there() -> None:
    shown = page(made_survey(), made_rows())
    assert shown.headings() == [
        "attributes",
        "published-numbers",
        "valence-and-arousal",
        "expressions",
        "action-units",
        "durations-and-frame-rates",
        "resolution",
        "not-counted",
    ]
    assert {"Corpus Aff-Wild2", "1:02:00", "33.3% have none"} <= set(shown.texts)
    assert "SYNTHETIC DATA" not in shown.texts


@pytest.mark.parametrize(
    "row",
    [
        ["labels", "train", "2", "6", "2", "3", "3", "3"],
        ["labels", "all", "3", "8", "2", "3", "5", "3"],
        ["rows", "train", "1", "2", "0", "2", "2", "0"],
        ["length of videos", "30.0 s to 60.00 min"],
        ["mean resolution", "533 x 300, standard deviation 151 x 85"],
        ["median resolution", "640 x 360"],
        ["videos of several people", "1"],
        ["labelled, action units, AU1", "86,677", "1", "-86,676", "\N{EN DASH}", "\N{EN DASH}", "differs",
         "BMVC 2019, Table 2"],
        ["labels", "3", "66.7%", "0.0%", "0.0%", "33.3%"],
        ["rows", "2", "50.0%", "0.0%", "0.0%", "50.0%"],
        ["anger", "3", "1", "60.0%", "50.0%", "2", "1"],
        ["AU1", "inner brow raiser", "3", "1", "33.3%", "0", "0", "\N{EN DASH}", "86,677"],
        ["AU12", "lip corner puller", "1", "1", "100.0%", "0", "0", "\N{EN DASH}", "35,675"],
        ["30", "2", "1:01:30"],
        ["25", "1", "0:00:30"],
        ["640 x 360", "2", "66.7%"],
        ["c.mp4", "breaks off"],
    ],
    ids=lambda row: row[0],
)  # fmt: skip
def test_the_tables_hold_the_numbers(row: list[str]) -> None:
    shown = page(made_survey(), made_rows())
    assert row in [line for table in shown.tables for line in table]


def test_the_figures_hold_the_numbers() -> None:
    shown = page(made_survey(), made_rows())
    drawn = dict(zip(shown.captions, shown.figures, strict=True))
    before, after = (drawn[f"Valence and arousal: {name}"]["data"][0] for name in ("labels", "rows"))
    assert before["zmax"] == after["zmax"]
    assert np.sum(before["text"]) == 3
    assert np.array(before["text"])[12, 14] == 1  # two of 0.45 to 0.5: arousal 0.225 is in cell 12, 0.25 in the same
    bars = {
        trace["name"]: dict(zip(trace["x"], trace["y"], strict=True)) for trace in drawn["How often each is"]["data"]
    }
    assert (bars["labels"]["anger"], bars["rows"]["anger"], bars["labels"]["sadness"]) == (3, 1, 0)
    units = {trace["name"]: trace["y"] for trace in drawn["How often each is present"]["data"]}
    assert units == {"labels": [pytest.approx(1 / 3), 1.0], "rows": [None, None]}
    lengths = drawn["How long the videos are"]["data"][0]
    assert sum(lengths["y"]) == 3
    assert lengths["y"][-1] == 1
    assert lengths["x"][0] > 0


def test_a_corpus_of_pictures_has_no_panels_of_videos() -> None:
    tally = Tally()
    tally.of("train").pictures = 40
    tally.of("train").add_labels([made_labels(["fear"] * 40)], video=False)
    sizes = Counter({(48 + n, 48): 20 - n for n in range(14)})
    shown = page(Survey(tally, sizes=sizes), corpus="fer2013", synthetic=True)
    assert shown.headings() == ["attributes", "published-numbers", "expressions", "resolution"]
    assert "SYNTHETIC DATA" in shown.texts
    resolution = shown.tables[-1]
    assert resolution[1] == ["48 x 48", "20", "10.6%"]
    assert resolution[-1] == ["2 other sizes", "15", "7.9%"]


def test_nothing_at_all_is_still_a_page() -> None:
    assert page(Survey(), corpus="folder").headings() == ["attributes"]
