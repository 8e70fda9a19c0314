"""All that annotators left of one video to its labels."""

import numpy as np
import pytest

from affect.annotation.settings import AnnotationSettings
from affect.annotation.traces import Trace
from affect.annotation.video import annotate, regular_times
from affect.corpora.annotation_file import parse_annotation
from tests.annotation.test_landmarks import faces

RNG = np.random.default_rng(1)
FRAMES = 120
TIMES = np.arange(FRAMES) / 30
COURSE = 0.6 * np.sin(np.arange(FRAMES) / 12)


def trace(name: str, values: np.ndarray) -> Trace:
    return Trace(name, TIMES[: len(values)], values)


def settings(**changes: object) -> AnnotationSettings:
    return AnnotationSettings(**({"median_filter": 1, "reach_s": 0.1} | changes))


GOOD = [trace("a", COURSE), trace("b", COURSE * 0.8 + 0.1), trace("odd", RNG.uniform(-0.5, 0.5, FRAMES))]


def valence_arousal(made: object) -> np.ndarray:
    return parse_annotation(made.files["va"].encode(), "va", "f")  # type: ignore[attr-defined]


def test_labels_are_the_mean_of_those_who_agree() -> None:
    made = annotate({"valence": GOOD, "arousal": GOOD[:2]}, {}, TIMES, settings())
    assert made.set_aside == []
    np.testing.assert_allclose(valence_arousal(made)[:, 0], COURSE * 0.9 + 0.05, atol=1e-5)
    about = made.dimensions["valence"]
    assert (about["annotators"], about["kept"], about["labelled"]) == (["a", "b", "odd"], ["a", "b"], FRAMES)
    assert about["reliability"] == pytest.approx(1)
    assert list(about["agreement"]) == ["1", "5", "15", "30"]


def test_all_of_them_where_that_is_wanted() -> None:
    made = annotate({"valence": GOOD, "arousal": GOOD}, {}, TIMES, settings(choose="all", most_annotators=2))
    mean = np.mean([one.values for one in GOOD], axis=0)
    np.testing.assert_allclose(valence_arousal(made)[:, 1], mean, atol=1e-5)


def test_the_one_who_follows_the_landmarks() -> None:
    landmarks = faces(GOOD[2].values)
    made = annotate({"valence": GOOD, "arousal": GOOD}, {}, TIMES, settings(choose="landmarks"), landmarks)
    assert made.dimensions["arousal"]["kept"] == ["odd"]
    np.testing.assert_allclose(valence_arousal(made)[:, 0], GOOD[2].values, atol=1e-5)
    without = annotate({"valence": GOOD, "arousal": GOOD}, {}, TIMES, settings(choose="landmarks"))
    assert without.files == {}
    assert [what for what, _ in without.set_aside] == ["valence", "arousal"]


def test_each_trace_is_filtered_before_the_mean() -> None:
    spiky = [trace(name, COURSE + np.eye(1, FRAMES, place)[0]) for name, place in (("a", 40), ("b", 41))]
    made = annotate({"valence": spiky, "arousal": spiky}, {}, TIMES, settings(median_filter=5))
    np.testing.assert_allclose(valence_arousal(made)[:, 0], COURSE, atol=0.08)


def test_frames_that_not_all_kept_have_seen_have_no_label() -> None:
    short = [trace("a", COURSE), trace("b", COURSE[:60])]
    labels = valence_arousal(annotate({"valence": short, "arousal": short}, {}, TIMES, settings()))
    np.testing.assert_array_equal(np.isfinite(labels[:, 0]), TIMES[59] + 0.1 >= TIMES)


@pytest.mark.parametrize(
    ("traces", "reason"),
    [
        ({"valence": GOOD}, "no usable arousal"),
        ({"valence": GOOD, "arousal": GOOD[:1]}, "1 of at least 2 annotators"),
    ],
)
def test_a_dimension_that_cannot_be_made_is_set_aside(traces: dict[str, list[Trace]], reason: str) -> None:
    made = annotate(traces, {}, TIMES, settings())
    assert "va" not in made.files
    assert "valence" in made.dimensions
    assert reason in str(made.set_aside)


def test_what_is_annotated_by_frame_is_kept_where_all_agree() -> None:
    units = np.full((4, 17), -1, np.int8)
    units[:, [0, 8]] = 1, 0
    other = units.copy()
    other[2, 0] = 0
    labels = {
        "expression": [np.array([4, 4, -1, 0], np.int8), np.array([4, 3, -1, 0], np.int8)],
        "action_units": [units, other],
    }
    made = annotate({}, labels, np.empty(0), settings())
    assert made.files["expr"].splitlines()[1:] == ["4", "-1", "-1", "0"]
    assert made.files["au"].splitlines() == ["AU1,AU12", "1,0", "1,0", "-1,-1", "1,0"]
    assert made.by_frame == {
        "expression": {"annotators": 2, "frames": 3, "agreed": 2},
        "action_units": {"annotators": 2, "frames": 4, "agreed": 3},
    }


def test_regular_times_end_with_the_last_trace() -> None:
    times = regular_times({"valence": [Trace("a", np.array([0, 0.3]), np.zeros(2)), GOOD[0]]}, 10)
    np.testing.assert_allclose(times, np.arange(40) / 10)
