"""The report of a training run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affect.configuration import flatten
from affect.evaluation.examples import PROBABILITY, Kind
from affect.evaluation.seen import Seen, SeenPicture
from affect.labels import ACTION_UNIT_NAMES, EXPRESSIONS, VALENCE_AROUSAL
from affect.reports import corpus_figures, figures
from affect.reports.report import (
    NOTHING,
    Badge,
    Command,
    Figure,
    Picture,
    Pictures,
    Report,
    Section,
    Table,
    Tile,
    Tone,
    cell,
)

State = Literal["running", "finished", "stopped"]

STATES: Mapping[State, Badge] = {
    "running": Badge("running", "accent"),
    "finished": Badge("finished", "good"),
    "stopped": Badge("stopped", "bad"),
}

CURVES = (
    ("Loss", ("train_loss",), "_loss"),
    ("Valence and arousal: CCC", ("valence_ccc", "arousal_ccc"), None),
    ("Valence and arousal: mean squared error", ("valence_mse", "arousal_mse"), None),
    ("Expressions", ("expression_macro_f1", "expression_accuracy"), None),
    ("Compound expressions", ("compound_macro_f1", "compound_accuracy"), None),
    ("Action units: mean F1", ("action_units_f1",), None),
    ("Identities", ("identity_accuracy", "identity_top5_accuracy"), None),
    ("Score", ("score",), None),
)
TILES = {
    "score": "Score",
    "valence_ccc": "Valence CCC",
    "arousal_ccc": "Arousal CCC",
    "expression_macro_f1": "Expression macro F1",
    "compound_macro_f1": "Compound expression macro F1",
    "action_units_f1": "Action unit F1",
    "identity_accuracy": "Identity accuracy",
}


EXAMPLES_NOTE = (
    "Labels → predictions; V is valence, A arousal. Of action units, ? marks those predicted and not labelled, "
    "+ those missed. No two pictures of a kind are of one video."
)

SYNTHETIC = Badge("SYNTHETIC DATA", "warn")


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
    steps: pd.DataFrame = field(default_factory=pd.DataFrame)
    """A row some steps, as following.records.read_steps."""
    seen: Seen | None = None
    """What was seen of the validation split, last."""
    state: State = "finished"
    epochs: int = 0
    """That the run is to have."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What else to say above, for example how long it took."""
    commands: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    """Files beside the page."""


def run_report(run: TrainingRun) -> Report:
    """The page of a training run; what is not known is left out."""
    return Report(
        title=run.title,
        subtitle=run.uri,
        badges=_badges(run),
        tiles=_tiles(run),
        links=run.links,
        refresh_s=20 if run.state == "running" else None,
        sections=[
            Section("Commands", [Command(title, text) for title, text in run.commands.items()]),
            Section("Learning curves", _curves(run), note="Metrics are of the validation split."),
            Section("Within epochs", _within(run), note="Each point is the mean over some steps of training."),
            Section("Final metrics", _final(run)),
            Section("Each label", _labels(run), note=_of_what(run)),
            Section(
                "Valence-arousal plane",
                _plane(run),
                note="Frames of the validation split; both share one colour scale.",
            ),
            Section("Examples", _examples(run), note=f"{_of_what(run)} {EXAMPLES_NOTE}"),
            Section("Time", _time(run)),
            Section("Data", _data(run)),
            Section("Configuration", _configuration(run), folded=True),
        ],
    )


def _badges(run: TrainingRun) -> list[Badge]:
    synthetic = any(entry.get("synthetic") for entry in run.data)
    return [STATES[run.state], *([SYNTHETIC] if synthetic else [])]


def _of_what(run: TrainingRun) -> str:
    return f"Of the {run.seen.split} split after epoch {run.seen.epoch}." if run.seen is not None else ""


def _tiles(run: TrainingRun) -> list[Tile]:
    split, metrics = next(iter(run.metrics.items()), ("", {}))
    if not metrics and len(run.history):
        split, metrics = "last epoch", {str(name): value for name, value in run.history.iloc[-1].items()}
    known = [Tile(name, cell(float(metrics[key])), split) for key, name in TILES.items() if _known(metrics.get(key))]
    if run.state != "finished" and run.epochs:
        known.append(Tile("Epochs", f"{len(run.history)} of {run.epochs}"))
    return known + [Tile(name, value) for name, value in run.facts.items()]


def _within(run: TrainingRun) -> list[Figure]:
    if run.steps.empty:
        return []
    steps = run.steps.sort_values("step")
    x = steps["step"].tolist()
    losses = [name for name in map(str, steps) if name == "loss" or name.endswith("_loss")]
    rates = {"rows/s": (steps["rows"] / steps["seconds"].clip(lower=1e-9)).tolist()}
    return [
        Figure(
            "Loss, by step",
            figures.lines(x, {name.replace("_", " "): steps[name].tolist() for name in losses}, "step", ""),
        ),
        Figure("Learning rate", figures.lines(x, {"learning rate": steps["learning_rate"].tolist()}, "step", "")),
        Figure("Rows a second", figures.lines(x, rates, "step", "").update_layout(yaxis_rangemode="tozero")),
        Figure("Share of the time spent waiting for data", _waiting(x, steps)),
    ]


def _waiting(x: Sequence[float], steps: pd.DataFrame) -> Any:
    share = (steps["waited"] / steps["seconds"].clip(lower=1e-9)).tolist()
    return figures.lines(x, {"data wait": share}, "step", "").update_layout(
        yaxis_range=[0, 1.02], yaxis_tickformat=".0%"
    )


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


def _labels(run: TrainingRun) -> list[Figure | Table]:
    made: list[Figure | Table] = []
    units = list(dict.fromkeys(key for metrics in run.metrics.values() for key in metrics if _is_unit(key)))
    if units:
        by_split = {split: [metrics.get(key) for key in units] for split, metrics in run.metrics.items()}
        names = [key.removesuffix("_f1") for key in units]
        made.append(Figure("Action units: F1", figures.bars(names, by_split, "F1"), wide=True))
    if run.seen is not None:
        made += _classes("Expressions", EXPRESSIONS, run.seen.confusion)
        made += _classes("Compound expressions", run.seen.compounds, run.seen.compound_confusion)
    if run.seen is not None and run.seen.action_units:
        made.append(_action_units(run.seen.action_units))
    return made


def _classes(title: str, names: Sequence[str], counts: Sequence[Sequence[int]] | None) -> list[Figure]:
    confusion = np.array([] if counts is None else counts, np.int64)
    if not confusion.any():
        return []
    series = {"labelled": confusion.sum(1).tolist(), "predicted": confusion.sum(0).tolist()}
    note = "Validation frames; shades are shares of the row."
    return [
        Figure(f"{title}: confusion", figures.confusion(confusion, names), note),
        Figure(f"{title}: F1, precision, recall", _scores(confusion, names)),
        Figure(f"{title}: frames", corpus_figures.counts(names, series, "frames"), wide=True),
    ]


def _action_units(counts: Mapping[str, tuple[int, int, int, int]]) -> Table:
    rows = []
    for name, (hits, false, missed, rest) in counts.items():
        frames = hits + false + missed + rest
        if frames:
            said, labelled = hits + false, hits + missed
            f1 = 2 * hits / (said + labelled) if said + labelled else None
            about = ACTION_UNIT_NAMES[int(name.removeprefix("AU"))]
            shares = (f"{labelled / frames:.1%}", f"{said / frames:.1%}")
            rows.append([f"{name} {about}", frames, *shares, _ratio(hits, said), _ratio(hits, labelled), f1])
    columns = ("action unit", "frames", "labelled active", "predicted active", "precision", "recall", "F1")
    return Table(columns, rows)


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _scores(confusion: NDArray[np.int64], names: Sequence[str]) -> Any:
    hits, predicted, labelled = np.diag(confusion), confusion.sum(0), confusion.sum(1)
    present = [index for index in range(len(names)) if predicted[index] + labelled[index]]

    def ratio(top: NDArray[np.int64], bottom: NDArray[np.int64]) -> list[float | None]:
        return [float(top[index] / bottom[index]) if bottom[index] else None for index in present]

    series = {
        "F1": ratio(2 * hits, predicted + labelled),
        "precision": ratio(hits, predicted),
        "recall": ratio(hits, labelled),
    }
    return figures.bars([names[index] for index in present], series, "").update_layout(height=420)


def _plane(run: TrainingRun) -> list[Figure]:
    if run.seen is None:
        return []
    counts = {"Labels": run.seen.plane_labels, "Predictions": run.seen.plane_predictions}
    known = {title: np.array(cells) for title, cells in counts.items() if cells is not None and np.any(cells)}
    highest = max((int(cells.max()) for cells in known.values()), default=0)
    return [Figure(title, figures.plane_of_counts(cells, highest)) for title, cells in known.items()]


_OF_CLASSES: Mapping[Kind, str] = {
    "right": "Expressions: right, and surest of it",
    "wrong": "Expressions: wrong, and furthest from the label",
    "chance": "Expressions: drawn by chance",
}
_OF_OUTPUTS: Mapping[Kind, str] = {"right": "nearest to the labels", "wrong": "furthest from the labels"}


def _examples(run: TrainingRun) -> list[Pictures]:
    shown: dict[str, list[Picture]] = {title: [] for title in _OF_CLASSES.values()}
    for example in run.seen.examples if run.seen is not None else ():
        of_class = example.group in EXPRESSIONS
        title = _OF_CLASSES[example.kind] if of_class else f"{example.group.capitalize()}: {_OF_OUTPUTS[example.kind]}"
        shown.setdefault(title, []).append(_picture(example))
    return [
        Pictures(title, pictures, wide=title in _OF_CLASSES.values()) for title, pictures in shown.items() if pictures
    ]


def _picture(example: SeenPicture) -> Picture:
    """Labels, an arrow, predictions; the colour is that of the class, right or wrong."""
    labels, said = example.labels, example.predictions
    lines = []
    tone: Tone = "plain"
    for head, probability in PROBABILITY.items():
        if head in said:
            certain = f"{said[head]} {said[probability]:.2f}"
            label, right = labels.get(head, NOTHING), labels.get(head) == said[head]
            if head in labels and tone == "plain":
                tone = "good" if right else "bad"
            lines.append(certain if right else f"{label} → {certain}")
    for name in VALENCE_AROUSAL:
        if name in said:
            label = f"{labels[name]:.2f}" if name in labels else NOTHING
            lines.append(f"{name[0].upper()} {label} → {said[name]:.2f}")
    if "action_units" in said:
        lines.append(_units(said["action_units"], labels.get("action_units")))
    corpus, _, video = example.source.split("/", 2)
    return Picture(example.jpeg, [*lines, f"{corpus} {video}"], tone)


def _units(said: Sequence[str], labelled: Sequence[str] | None) -> str:
    if labelled is None:
        return "AU " + (" ".join(name.removeprefix("AU") for name in said) or "none")
    missed = [f"+{name.removeprefix('AU')}" for name in labelled if name not in said]
    marked = [name.removeprefix("AU") + ("" if name in labelled else "?") for name in said]
    return "AU " + (" ".join([*marked, *missed]) or "none")


def _time(run: TrainingRun) -> list[Table]:
    history = run.history
    if history.empty or "seconds" not in history:
        return []
    totals = {"training": history["seconds"].sum()}
    for name, column in (("validation and cluster centres", "passes_seconds"), ("checkpoints", "checkpoint_seconds")):
        if column in history:
            totals[name] = history[column].sum()
    waited = (history["seconds"] * history["data_wait_share"]).sum()
    rate = history["rows"].sum() / max(history["seconds"].sum(), 1e-9)
    rows: list[list[Any]] = [[name, f"{seconds:.1f} s"] for name, seconds in totals.items()]
    rows += [
        ["waiting for data", f"{waited:.1f} s ({waited / max(totals['training'], 1e-9):.0%})"],
        ["rows a second in training", f"{rate:.0f}"],
    ]
    return [Table(("over all epochs", ""), rows)]


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
