"""The report of a training run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affect.configuration import flatten
from affect.labels import EXPRESSIONS
from affect.reports import figures
from affect.reports.report import Badge, Command, Figure, Report, Section, Table, Tile, cell

CURVES = (
    ("Loss", ("train_loss",), "_loss"),
    ("Valence and arousal: CCC", ("valence_ccc", "arousal_ccc"), None),
    ("Valence and arousal: mean squared error", ("valence_mse", "arousal_mse"), None),
    ("Expressions", ("expression_macro_f1", "expression_accuracy"), None),
    ("Action units: mean F1", ("action_units_f1",), None),
    ("Score", ("score",), None),
)
TILES = {
    "score": "Score",
    "valence_ccc": "Valence CCC",
    "arousal_ccc": "Arousal CCC",
    "expression_macro_f1": "Expression macro F1",
    "action_units_f1": "Action unit F1",
}


@dataclass(frozen=True)
class TrainingRun:
    """What a training run left, as far as it is known."""

    title: str
    uri: str
    history: pd.DataFrame
    """One row an epoch: epoch, train_loss and the metrics of affect.metrics.FrameMetrics."""
    config: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Final metrics by split."""
    data: Sequence[Mapping[str, Any]] = ()
    """Corpus, fingerprint and whether it is synthetic, of what was trained on."""
    confusion: NDArray[np.int64] | None = None
    """(7, 7), rows are labels, columns predictions."""
    labels: NDArray[np.float32] | None = None
    """Valence and arousal of the validation frames, (n, 2)."""
    predictions: NDArray[np.float32] | None = None
    finished: bool = True
    facts: Mapping[str, str] = field(default_factory=dict)
    """What else to say above, for example how long it took."""
    commands: Mapping[str, str] = field(default_factory=dict)


def run_report(run: TrainingRun) -> Report:
    """The page of a training run; what is not known is left out."""
    return Report(
        title=run.title,
        subtitle=run.uri,
        badges=_badges(run),
        tiles=_tiles(run),
        refresh_s=None if run.finished else 20,
        sections=[
            Section("Commands", [Command(title, text) for title, text in run.commands.items()]),
            Section("Learning curves", _curves(run), note="Metrics are of the validation split."),
            Section("Final metrics", _final(run)),
            Section("Each label", _labels(run)),
            Section(
                "Valence-arousal plane",
                _plane(run),
                note="Frames of the validation split; both share one colour scale.",
            ),
            Section("Data", _data(run)),
            Section("Configuration", _configuration(run), folded=True),
        ],
    )


def _badges(run: TrainingRun) -> list[Badge]:
    badges = [Badge("finished", "good") if run.finished else Badge("running", "accent")]
    if any(entry.get("synthetic") for entry in run.data):
        badges.append(Badge("SYNTHETIC DATA", "warn"))
    return badges


def _tiles(run: TrainingRun) -> list[Tile]:
    split, metrics = next(iter(run.metrics.items()), ("", {}))
    if not metrics and len(run.history):
        split, metrics = "last epoch", {str(name): value for name, value in run.history.iloc[-1].items()}
    known = [Tile(name, cell(float(metrics[key])), split) for key, name in TILES.items() if _known(metrics.get(key))]
    return known + [Tile(name, value) for name, value in run.facts.items()]


def _curves(run: TrainingRun) -> list[Figure]:
    if "epoch" not in run.history or run.history.empty:
        return []
    history = run.history.sort_values("epoch")
    made = []
    for title, wanted, suffix in CURVES:
        extra = [column for column in map(str, history) if suffix and column.endswith(suffix) and column not in wanted]
        known = [column for column in [*wanted, *extra] if column in history and history[column].notna().any()]
        series = {column.replace("_", " "): history[column].tolist() for column in known}
        if series:
            made.append(Figure(title, figures.lines(history["epoch"].tolist(), series, "epoch", "")))
    return made


def _final(run: TrainingRun) -> list[Table]:
    keys = list(dict.fromkeys(key for metrics in run.metrics.values() for key in metrics))
    rows = [[key, *(metrics.get(key) for metrics in run.metrics.values())] for key in keys]
    return [Table(("metric", *run.metrics), rows)] if rows else []


def _labels(run: TrainingRun) -> list[Figure]:
    made = []
    units = list(dict.fromkeys(key for metrics in run.metrics.values() for key in metrics if _is_unit(key)))
    if units:
        by_split = {split: [metrics.get(key) for key in units] for split, metrics in run.metrics.items()}
        names = [key.removesuffix("_f1") for key in units]
        made.append(Figure("Action units: F1", figures.bars(names, by_split, "F1"), wide=True))
    if run.confusion is not None and run.confusion.sum():
        made.append(
            Figure(
                "Expressions: confusion",
                figures.confusion(run.confusion, EXPRESSIONS),
                "Validation frames; shades are shares of the row.",
            )
        )
        made.append(Figure("Expressions: F1, precision, recall", _expressions(run.confusion)))
    return made


def _expressions(confusion: NDArray[np.int64]) -> Any:
    hits, predicted, labelled = np.diag(confusion), confusion.sum(0), confusion.sum(1)
    present = [index for index in range(len(EXPRESSIONS)) if predicted[index] + labelled[index]]

    def ratio(top: NDArray[np.int64], bottom: NDArray[np.int64]) -> list[float | None]:
        return [float(top[index] / bottom[index]) if bottom[index] else None for index in present]

    series = {
        "F1": ratio(2 * hits, predicted + labelled),
        "precision": ratio(hits, predicted),
        "recall": ratio(hits, labelled),
    }
    return figures.bars([EXPRESSIONS[index] for index in present], series, "").update_layout(height=420)


def _plane(run: TrainingRun) -> list[Figure]:
    points = {"Labels": run.labels, "Predictions": run.predictions}
    known = {title: array for title, array in points.items() if array is not None and np.isfinite(array).all(1).any()}
    highest = max((int(figures.plane_counts(array).max()) for array in known.values()), default=0)
    return [Figure(title, figures.plane(array, highest)) for title, array in known.items()]


def _data(run: TrainingRun) -> list[Table]:
    keys = list(dict.fromkeys(key for entry in run.data for key in entry if key != "synthetic"))
    rows = [
        [*(entry.get(key) for key in keys), Badge("SYNTHETIC", "warn") if entry.get("synthetic") else "no"]
        for entry in run.data
    ]
    return [Table((*keys, "synthetic"), rows)] if rows else []


def _configuration(run: TrainingRun) -> list[Table]:
    flat = flatten(dict(run.config))
    return [Table(("key", "value"), [[key, value] for key, value in flat.items()])] if flat else []


def _is_unit(key: str) -> bool:
    return key.startswith("AU") and key.endswith("_f1")


def _known(value: Any) -> bool:
    return isinstance(value, int | float) and bool(np.isfinite(value))
