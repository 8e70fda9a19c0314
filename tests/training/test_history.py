"""Metrics of each epoch as files."""

from pathlib import Path

import pandas as pd

from affect.training.history import read_history, write_history


def test_parquet_and_csv_say_the_same(tmp_path: Path) -> None:
    rows = [{"epoch": 0, "train_loss": 2.0}, {"epoch": 1, "train_loss": 1.5, "valence_ccc": 0.25}]
    assert read_history(str(tmp_path)).empty
    write_history(str(tmp_path), rows)
    table = read_history(str(tmp_path))
    assert table["epoch"].tolist() == [0, 1]
    assert table["valence_ccc"].isna().tolist() == [True, False]
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "metrics.csv"), table)
