"""Labels counted task by task."""

import numpy as np

from affect.annotation.label_counts import TASKS, add_counts, count_labels
from affect.corpora.corpus import FrameLabels
from affect.labels import ACTION_UNITS


def test_each_task_counts_its_annotated_frames_only() -> None:
    labels = FrameLabels.unannotated(4)
    labels.valence[:], labels.arousal[:] = [0.5, -0.5, -0.5, np.nan], [0.5, 0.5, 0.5, 0.1]
    labels.action_units[:3, ACTION_UNITS.index(12)] = [1, 0, 1]
    labels.compound[1] = 14
    counts = count_labels(labels)
    assert list(counts) == ["valence_arousal", "action_units", "compound"]
    assert counts["valence_arousal"].tolist() == [1, 2, 0, 0]
    assert dict(zip(TASKS["action_units"], counts["action_units"].tolist(), strict=True))["AU12"] == 2
    assert counts["action_units"].sum() == 2
    assert counts["compound"].tolist() == [0] * 14 + [1]
    assert list(count_labels(labels, slice(3, 4))) == []


def test_a_unit_that_is_never_present_is_annotated_all_the_same() -> None:
    labels = FrameLabels.unannotated(2)
    labels.action_units[:, 0] = 0
    assert count_labels(labels)["action_units"].tolist() == [0] * len(ACTION_UNITS)


def test_counts_add_up_over_people() -> None:
    one, other = {"expression": np.arange(7)}, {"expression": np.ones(7, int), "compound": np.ones(15, int)}
    both = add_counts(one, other)
    assert both["expression"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert both["compound"].sum() == 15
