"""Thresholds with the highest F1, by scikit-learn, from the file of predictions."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_curve

from affect.errors import AffectError
from affect.evaluation.thresholds import best_f1, find_thresholds
from affect.metrics import FrameMetrics
from tests.evaluation.made_predictions import SPEC, made_predictions

VIDEOS = {("a", "main"): 150, ("b", "main"): 150}


@given(st.lists(st.tuples(st.integers(0, 16), st.booleans()), min_size=1, max_size=40))
def test_none_is_better(rows: list[tuple[int, bool]]) -> None:
    probabilities = np.array([value / 16 for value, _ in rows], np.float32)
    labels = np.array([active for _, active in rows], np.int8)
    found = best_f1(probabilities, labels)
    if not labels.any():
        assert found is None
        return
    assert found is not None
    reached = f1_score(labels, probabilities >= np.float32(found))
    precision, recall, _ = precision_recall_curve(labels, probabilities)
    with np.errstate(invalid="ignore"):
        best = np.nanmax(2 * precision * recall / (precision + recall))
    assert reached == pytest.approx(best)
    if f1_score(labels, probabilities >= 0.5) == pytest.approx(best):
        assert found == 0.5


def test_it_lies_halfway_between_two_probabilities() -> None:
    assert best_f1(np.array([0.1, 0.2, 0.3, 0.9]), np.array([0, 0, 1, 1])) == pytest.approx(0.25)
    assert best_f1(np.array([0.2, 0.2]), np.array([1, 1])) == pytest.approx(0.1)


def test_of_what_the_metrics_count(tmp_path: Path) -> None:
    """Frames with a face that are annotated; each action unit alone."""
    table = made_predictions(VIDEOS)
    low = pa.array(
        np.clip(table["p_AU4"].to_numpy() * 0.4, 0, 1), pa.float32(), mask=table["p_AU4"].is_null().to_numpy()
    )
    table = table.set_column(table.schema.get_field_index("p_AU4"), "p_AU4", low)
    path = str(tmp_path / "predictions.parquet")
    pq.write_table(table, path)
    found = find_thresholds(path, SPEC)
    assert found.keys() == {"AU1", "AU4", "AU12"}
    assert found["AU4"] < 0.3
    frame = table.to_pandas()
    frame = frame[frame["face"]].dropna(subset=["AU4"])
    truth = frame["AU4"].astype(int)
    tried = [f1_score(truth, frame["p_AU4"] >= value) for value in np.linspace(0, 0.45, 200)]
    assert f1_score(truth, frame["p_AU4"] >= found["AU4"]) >= max(tried)
    metrics = FrameMetrics(SPEC.model_copy(update={"heads": ("action_units",)}), found)
    units = np.full((len(frame), 17), -1)
    units[:, 2] = truth
    metrics.update({"action_units": frame[["p_AU1", "p_AU4", "p_AU12"]].to_numpy()}, {"action_units": units})
    assert metrics.compute()["AU4_f1"] == pytest.approx(f1_score(truth, frame["p_AU4"] >= found["AU4"]))


def test_an_action_unit_that_is_never_active_keeps_the_default(tmp_path: Path) -> None:
    table = made_predictions(VIDEOS)
    for name in ("AU1", "AU4", "AU12"):
        table = table.set_column(table.schema.get_field_index(name), name, pa.array([0] * len(table), pa.int8()))
        pq.write_table(table, tmp_path / "predictions.parquet")
        if name != "AU12":
            assert name not in find_thresholds(str(tmp_path / "predictions.parquet"), SPEC)
    with pytest.raises(AffectError, match="no action unit that the model outputs is active"):
        find_thresholds(str(tmp_path / "predictions.parquet"), SPEC)
