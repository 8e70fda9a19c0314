"""Thresholds of action units: of each the one with the highest F1 on validation rows."""

import logging

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from affect import storage
from affect.errors import AffectError
from affect.evaluation.judging import Judging
from affect.evaluation.predictions import PREDICTIONS
from affect.evaluation.rows import EvaluationRows
from affect.evaluation.settings import EvaluationConfig
from affect.labels import action_unit_label
from affect.metrics.tasks import ACTION_UNIT_THRESHOLD
from affect.models.files import DESCRIPTION, WEIGHTS, ModelDescription, Thresholds
from affect.networks.spec import NetworkSpec
from affect.runs import RunFolder

logger = logging.getLogger("affect")


def best_f1(probabilities: NDArray[np.floating], labels: NDArray[np.integer]) -> float | None:
    """The threshold from which on a probability counts as active, such that F1 is highest; None without an active one.

    ``probabilities`` and ``labels``, 0 or 1, are (n,). It lies halfway between two probabilities that occur, so that
    one a little off falls on the same side; of equally good ones the nearest to the default.
    """
    if not labels.any():
        return None
    order = np.argsort(-probabilities, kind="stable")
    ranked, active = probabilities[order].astype(np.float64), labels[order] == 1
    # After the last of equal probabilities: so many are said to be active, of which so many are.
    last = np.flatnonzero(np.diff(ranked, append=-np.inf))
    hits, said = np.cumsum(active)[last], last + 1
    scores = 2 * hits / (said + active.sum())
    lower = np.append(ranked[last][1:], 0.0)
    middles = (ranked[last] + lower) / 2
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    # The default itself, where it lies between the same two.
    held = np.clip(ACTION_UNIT_THRESHOLD, np.nextafter(lower[best], 2), ranked[last][best])
    nearest = np.abs(held - ACTION_UNIT_THRESHOLD).argmin()
    within = held[nearest] == ACTION_UNIT_THRESHOLD
    return ACTION_UNIT_THRESHOLD if within else float(middles[best[nearest]])


def find_thresholds(predictions: str, spec: NetworkSpec) -> dict[str, float]:
    """Of each action unit of ``spec`` the threshold of highest F1 on the frames with a face of a predictions.parquet.

    One that is active in no frame keeps the default and is left out. Raises AffectError where all are.
    """
    filesystem, path = storage.resolve(predictions)
    file = pq.ParquetFile(path, filesystem=filesystem)
    own = file.read(["face", "frame", "predicted_from"])
    shown = own["face"].to_numpy() & (own["predicted_from"].fill_null(-1).to_numpy() == own["frame"].to_numpy())
    found = {}
    for name in map(action_unit_label, spec.action_units):
        columns = file.read([name, f"p_{name}"])
        labels = columns[name].fill_null(-1).to_numpy()
        known = shown & (labels >= 0)
        threshold = best_f1(columns[f"p_{name}"].to_numpy()[known], labels[known])
        if threshold is not None:
            found[name] = threshold
    if not found:
        raise AffectError(
            f"no action unit that the model outputs is active in any frame of {predictions}: thresholds need rows "
            "annotated with action units"
        )
    return found


def with_thresholds(
    run: RunFolder, config: EvaluationConfig, description: ModelDescription, rows: EvaluationRows, judging: Judging
) -> Judging:
    """Find thresholds on what was predicted, and leave a model that has them: the one that was judged never changes."""
    assert config.thresholds is not None
    found = Thresholds(
        action_units=find_thresholds(run.file(PREDICTIONS), description.network),
        criterion=config.thresholds,
        found_on=f"{', '.join(rows.corpora)}, {config.split}, {rows.count:,} rows {rows.fingerprint}",
    )
    folder = run.file("model")
    storage.write_bytes(storage.join(folder, WEIGHTS), storage.read_bytes(storage.join(config.model, WEIGHTS)))
    told = description.model_copy(update={"thresholds": found})
    storage.write_text(storage.join(folder, DESCRIPTION), told.to_json())
    logger.info("a model with these thresholds is in %s; evaluate or promote it as %s", folder, run.uri)
    told_from = f"found on these very rows, which makes their figures too good: {found.found_on}"
    return judging.model_copy(update={"thresholds": found.action_units, "thresholds_from": told_from})
