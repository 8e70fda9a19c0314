"""Predictions with a known answer: labels and what a fair network would say of them, without a network."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from affect.evaluation.judging import Judging
from affect.evaluation.measures import Measures
from affect.evaluation.predictions import outputs, schema
from affect.evaluation.settings import BootstrapSettings
from affect.labels import ACTION_UNITS, EXPRESSIONS, action_unit_label
from affect.networks.spec import NetworkSpec

SPEC = NetworkSpec(encoder="arc-res", action_units=(1, 4, 12))


def made_predictions(
    videos: dict[tuple[str, str], int], seed: int = 0, corpus: str = "made", spec: NetworkSpec = SPEC
) -> pa.Table:
    """Rows of (video, person) with so many frames each; a fifth lacks a label of each kind, a tenth shows no face.

    A frame without a face takes the prediction of the frame before it of the same person, and has none where it is the
    first. Videos differ, so that their frames are no independent draws.
    """
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for (video, person), frames in videos.items():
        bias = rng.normal(0, 0.3, 2)
        before: dict[str, Any] = {}
        for frame in range(frames):
            place = {"corpus": corpus, "split": "test", "video": video, "subject": None, "person": person}
            labels = rng.uniform(-1, 1, 2)
            expression = int(rng.integers(7))
            units = rng.integers(0, 2, len(ACTION_UNITS))
            face = bool(rng.random() > 0.1)
            if face:
                before = {"predicted_from": frame} | _said(rng, spec, labels + bias, expression, units)
            known = rng.random(3) > 0.2
            rows.append(
                place
                | {"frame": frame, "time_s": frame / 30, "face": face}
                | {
                    "valence": labels[0] if known[0] else None,
                    "arousal": labels[1] if known[0] else None,
                    "expression": EXPRESSIONS[expression] if known[1] else None,
                }
                | {
                    action_unit_label(unit): int(value) if known[2] and rng.random() > 0.1 else None
                    for unit, value in zip(ACTION_UNITS, units, strict=True)
                }
                | before
            )
    return pa.Table.from_pylist(rows, schema=schema(spec))


def write_evaluation(folder: Path, table: pa.Table, judging: Judging) -> str:
    """A finished evaluation as jobs.evaluate leaves it, of the predictions of ``table``."""
    measures = Measures(judging)
    measures.update(table)
    folder.mkdir(parents=True)
    pq.write_table(table, folder / "predictions.parquet")
    (folder / "metrics.json").write_text(json.dumps(measures.summary(BootstrapSettings(resamples=0))))
    (folder / "DONE").write_text("{}")
    return str(folder)


def _said(rng: np.random.Generator, spec: NetworkSpec, labels: Any, expression: int, units: Any) -> dict[str, float]:
    names = outputs(spec)
    weights = np.ones(7)
    weights[expression] += 2
    of_units = [units[ACTION_UNITS.index(unit)] for unit in spec.action_units]
    said = {
        "valence_arousal": np.clip(0.6 * labels + rng.normal(0, 0.3, 2), -1, 1),
        "expression": rng.dirichlet(weights),
        "action_units": np.clip(0.25 + 0.5 * np.array(of_units) + rng.normal(0, 0.3, len(of_units)), 0, 1),
    }
    if spec.compounds:
        said["compound"] = rng.dirichlet(np.ones(len(spec.compounds)))
    return {name: value for head in names for name, value in zip(names[head], said[head].tolist(), strict=True)}
