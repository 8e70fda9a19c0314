"""A cell's state follows from what is missing and what came of it, and a partial figure changes nothing of it."""

import pytest
from sklearn.metrics import recall_score

from affect.catalogue.published_results import published_results
from affect.labels import EXPRESSIONS
from affect.reproduction.cells import Cell, Figure, Way, figure_of
from affect.reproduction.protocol import Copy, Protocol
from affect.reproduction.route import Missing, Route

(RESULT,) = [one for one in published_results("bmvc2019", "8") if one.network == "mt-arcres" and one.value == 0.8]
PROTOCOL = Protocol("bmvc2019/mt-arcres/fer2013", "fer2013", "test")
LACKS = Route(missing=(Missing("Aff-Wild2", "ask its authors"),))
PARTIAL = Way(Route(departures=("width 1/4",)), Figure(0.5, 0.4, 0.6))


def cell(whole: Way | None, partial: Way | None = None, protocol: Protocol | Copy | None = PROTOCOL) -> Cell:
    return Cell(RESULT, protocol, whole, partial)


@pytest.mark.parametrize(
    ("one", "state", "difference"),
    [
        (cell(Way(LACKS)), "needs", None),
        (cell(Way(LACKS), PARTIAL), "needs", None),
        (cell(Way(Route())), "open", None),
        (cell(Way(Route()), PARTIAL), "open", None),
        (cell(Way(Route(), failure="a fault")), "failed", None),
        (cell(Way(Route(), Figure(0.75, 0.7, 0.8))), "done", -0.05),
        (cell(Way(Route(), Figure(0.75, 0.7, 0.8)), PARTIAL), "done", -0.05),
        (cell(None, protocol=Copy(RESULT)), "copy", None),
        (cell(None, protocol=None), "peer", None),
    ],
)
def test_states(one: Cell, state: str, difference: float | None) -> None:
    assert one.state == state
    assert one.difference == (None if difference is None else pytest.approx(difference))


def test_figures_are_those_of_the_corpus_with_their_intervals() -> None:
    found = {
        "corpora": {
            "fer2013": {"faces": {"expression_accuracy": 0.6}, "intervals": {"expression_accuracy": (0.5, 0.7)}}
        },
        "video_expressions": {},
    }
    assert figure_of(found, "fer2013", "expression_accuracy") == Figure(0.6, 0.5, 0.7)
    assert figure_of(found, "fer2013", "valence_ccc") is None


def test_videos_are_judged_as_videos_and_single_classes_by_their_recall() -> None:
    confusion = [[0] * 7 for _ in EXPRESSIONS]
    labels, guesses = [4, 4, 4, 0, 1], [4, 4, 0, 0, 4]
    for label, guess in zip(labels, guesses, strict=True):
        confusion[label][guess] += 1
    videos = {"expression_accuracy": 0.6, "confusion": confusion, "intervals": {"expression_accuracy": (0.2, 0.9)}}
    found = {
        "corpora": {"afew": {"faces": {"expression_accuracy": 0.9}, "intervals": {"expression_accuracy": (0.8, 1.0)}}},
        "video_expressions": {"mean": videos},
    }
    assert figure_of(found, "afew", "expression_accuracy") == Figure(0.6, 0.2, 0.9)
    recall = recall_score(labels, guesses, labels=[4], average=None)[0]
    assert figure_of(found, "afew", "expression_accuracy_happiness") == Figure(pytest.approx(recall))
    assert figure_of(found, "afew", "expression_accuracy_fear") is None  # no video of it
