"""The metrics of each epoch as files of a run's folder."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from affect import storage

METRICS = "metrics.parquet"
METRICS_CSV = "metrics.csv"


def write_history(out: str, history: Sequence[Mapping[str, Any]]) -> None:
    """Write metrics.parquet and the same as metrics.csv into the folder ``out``, each whole."""
    table = pd.DataFrame(list(history))
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    storage.write_bytes(storage.join(out, METRICS), buffer.getvalue())
    storage.write_text(storage.join(out, METRICS_CSV), table.to_csv(index=False))


def read_history(out: str) -> pd.DataFrame:
    """A row an epoch; empty before the first has ended."""
    uri = storage.join(out, METRICS)
    return pd.read_parquet(io.BytesIO(storage.read_bytes(uri))) if storage.exists(uri) else pd.DataFrame()
