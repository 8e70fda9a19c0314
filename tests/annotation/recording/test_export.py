"""Review and export of real recordings, through the pipeline to labels."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from affect.annotation.matching import match
from affect.annotation.recording.export import export_labels, export_traces
from affect.annotation.recording.progress import Progress
from affect.annotation.recording.review import Decided, Review
from affect.annotation.recording.sessions import Recording
from affect.annotation.recording.stretches import Marked, Stretch
from affect.annotation.settings import AnnotationSettings
from affect.annotation.traces import parse_traces
from affect.corpora.annotation_file import read_annotation
from affect.errors import AffectError
from affect.labels import VALENCE_AROUSAL
from tests.annotation.recording.made_project import RATE, SECONDS, annotate, batches, course, made_project

SETTINGS = AnnotationSettings(median_filter=1)
TIMES = np.arange(int(RATE * SECONDS)) / RATE


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    """Three annotators of one video; of another one there is half a trace."""
    made = made_project(tmp_path)
    for kind in VALENCE_AROUSAL:
        for name, offset in (("Ann", 0.0), ("Bob", 0.2), ("Cleo", -0.3)):
            annotate(made, name, "one", kind, offset)
    for batch in batches("b", course(0, SECONDS / 2), 1.0):
        made.recordings.append("valence", "Ann", made.project.item("two"), batch)
    return made


def exported(review: Review, folder: Path, **options: bool) -> tuple[Path, Path]:
    traces, corpus = folder / "traces", folder / "corpus"
    export_traces(review, str(traces), **options)
    export_labels(review, str(traces), str(corpus), SETTINGS, lambda done, of: None)
    return traces, corpus / "annotations"


def labels(annotations: Path) -> np.ndarray:
    return read_annotation(str(annotations / "VA_Set" / "Training_Set" / "one.txt"), "va")


def test_the_overview_has_progress_and_the_agreement_of_whole_traces(progress: Progress) -> None:
    item = progress.project.item("one")
    for batch in batches("c", tuple((t, -v) for t, v in course(0, SECONDS)), 9.0, "redo"):
        progress.recordings.append("valence", "Cleo", item, batch)
    seen = Review(progress).overview()
    one, two = seen["items"]
    assert one["states"]["valence"]["Ann"] == {"annotated": 1.0, "finished": True, "verified": 0.0}
    half = {"annotated": pytest.approx(0.5, abs=0.02), "finished": False, "verified": 0.0}
    assert two["states"]["valence"] == {"Ann": half}
    assert one["proposed"]["valence"] == ["Ann", "Bob"]
    traces = {name: of.trace(name) for name, of in progress.finished("valence", item).items()}
    columns = [match(trace, np.arange(51) / RATE, 1.0) for trace in traces.values()]
    expected = [[stats.pearsonr(a, b).statistic for b in columns] for a in columns]
    np.testing.assert_allclose(seen["agreement"]["valence"]["correlations"], expected, atol=1e-3)
    assert seen["agreement"]["valence"]["maic"] == pytest.approx((0 + 0 - 1) / 3, abs=0.01)


def test_a_trace_that_changes_while_the_overview_is_made_is_seen_in_the_next(
    progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    review, item, finished = Review(progress), progress.project.item("one"), progress.finished
    review.overview()

    def reading(*arguments: Any, **more: Any) -> dict[str, Recording]:
        found = finished(*arguments, **more)
        for batch in batches("d", course(0, SECONDS, offset=-0.4), 20.0, "redo"):
            progress.recordings.append("valence", "Ann", item, batch)
        return found

    monkeypatch.setattr(progress, "finished", reading)
    review.overview()
    monkeypatch.undo()
    assert review.overview() == Review(progress).overview()


def test_what_the_owner_decides_reaches_the_labels(progress: Progress, tmp_path: Path) -> None:
    review, item = Review(progress), progress.project.item("one")
    before = labels(exported(review, tmp_path)[1])
    assert np.isfinite(before).all()
    review.decide(item, Decided(chosen={"valence": ("Cleo",)}, invalid=((0.5, 1.0),)))
    traces, annotations = exported(review, tmp_path)
    after = labels(annotations)
    invalid = (TIMES >= 0.5) & (TIMES <= 1.0)
    np.testing.assert_array_equal(np.isnan(after).all(axis=1), invalid)
    assert (annotations / "VA_Set" / "Training_Set" / "one.txt").read_text().count("-5,-5") == invalid.sum()
    (cleo,) = parse_traces((traces / "valence" / "one" / "Cleo.csv").read_bytes(), "Cleo.csv")
    np.testing.assert_allclose(after[~invalid, 0], match(cleo, TIMES, 1.0)[~invalid], atol=1e-5)
    np.testing.assert_allclose(after[~invalid, 1], before[~invalid, 1], atol=1e-5)
    with pytest.raises(AffectError, match="'Dan'"):
        review.decide(item, Decided(chosen={"arousal": ("Dan",)}))


def test_what_is_not_finished_any_more_leaves_the_export(progress: Progress, tmp_path: Path) -> None:
    review, item = Review(progress), progress.project.item("one")
    traces, annotations = exported(review, tmp_path)
    assert not (traces / "valence" / "two").exists()
    for kind in VALENCE_AROUSAL:
        progress.seen.add(kind, "Ann", item, [(0.0, SECONDS)])
    exported(review, tmp_path, verified=True)
    assert sorted(path.name for path in (traces / "valence" / "one").iterdir()) == ["Ann.csv"]
    assert not list(annotations.rglob("*.txt"))


def test_marks_become_label_files_once_they_are_finished(progress: Progress, tmp_path: Path) -> None:
    review, item = Review(progress), progress.project.item("one")
    for name, last in (("Ann", 19), ("Bob", 29)):
        smile = Stretch(label="happiness", from_s=10 / RATE, to_s=last / RATE)
        units = Stretch(label="AU12", from_s=10 / RATE, to_s=19 / RATE)
        progress.stretches.write("expression", name, item, Marked(revision=1, finished=True, stretches=(smile,)))
        marked = Marked(revision=1, finished=name == "Ann", stretches=(units,))
        progress.stretches.write("action_units", name, item, marked)
    review.decide(item, Decided(invalid=((0.0, 12 / RATE),)))
    traces, annotations = exported(review, tmp_path)
    assert [path.name for path in (traces / "action_units" / "one").iterdir()] == ["Ann.txt"]
    agreed = read_annotation(str(annotations / "EXPR_Set" / "Training_Set" / "one.txt"), "expr")
    assert np.flatnonzero(agreed == 4).tolist() == list(range(13, 20))
    assert (np.delete(agreed, range(13, 20)) == -1).all()


def test_decisions_hold_for_the_job_too(progress: Progress, tmp_path: Path) -> None:
    from jobs.annotate import AnnotateConfig, _sources

    review = Review(progress)
    review.decide(progress.project.item("one"), Decided(chosen={"valence": ("Bob",)}, invalid=((0.5, 1.0),)))
    traces, _ = exported(review, tmp_path)
    (source,), _ = _sources(AnnotateConfig(traces=str(traces), videos=str(tmp_path / "videos")))
    assert source.decisions.chosen == {"valence": ("Bob",)}
    assert source.decisions.invalid == ((0.5, 1.0),)
