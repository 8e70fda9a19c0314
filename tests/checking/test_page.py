import pytest

from affect.checking.findings import Finding
from affect.checking.page import SHOWN, check_report
from affect.checking.whole import Check
from affect.reports.report import render
from tests.checking.made_corpus import MadeCorpus, made_labels
from tests.reports.made_reports import Page


def finished(corpus: str = "made", blank: int = 0) -> Check:
    check = Check(MadeCorpus(corpus), [])
    check.findings = [Finding("blank", "lot", f"{number:04d}", "", "black") for number in range(blank)]
    check.tally.of("train").videos = 2
    check.tally.of("train").add_labels([made_labels(["fear"], units={2: [1]})], video=True)
    check.finish([("labels.csv", "is <odd>")])
    return check


def test_all_kinds_are_counted_and_the_first_of_each_listed() -> None:
    page = Page(render(check_report(finished(blank=SHOWN + 5), "/data", synthetic=False)))
    kinds, splits, expressions, units, blank, corpus = page.tables
    assert ["blank", str(SHOWN + 5), "a picture, or a frame of a video, of one level of grey"] in kinds
    assert ["missing", "0"] in [row[:2] for row in kinds]
    assert splits[1] == ["train", "2", "1", "1"]
    assert (expressions[1:], units[1:]) == ([["fear", "1"]], [["AU2", "1"]])
    assert len(blank) == SHOWN + 1
    assert blank[:2] == [["clip", "name", "what"], ["lot", "0000", "black"]]
    assert corpus == [["name", "what"], ["labels.csv", "is <odd>"]]
    assert f"The first {SHOWN} of {SHOWN + 5}." in page.texts
    assert page.addresses() == ["findings.csv", "summary.json"]


@pytest.mark.parametrize("complete", [True, False])
def test_a_search_that_ended_early_says_so(complete: bool) -> None:
    check = finished()
    check.complete = complete
    texts = " ".join(Page(render(check_report(check, "/data", synthetic=True))).texts)
    assert ("search ended at 200,000 pairs" in texts) is not complete
    assert "SYNTHETIC DATA" in texts


def test_published_numbers_stand_beside_what_was_found() -> None:
    page = Page(render(check_report(finished("disfa"), "/data", synthetic=False)))
    assert "Check of DISFA" in page.texts
    assert ["videos", "54", "2", "-52", "differs", "BMVC 2019, Table 4"] in page.tables[1]
