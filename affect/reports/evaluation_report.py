"""The report of an evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect.configuration import flatten
from affect.evaluation.measures import METRICS
from affect.evaluation.predictions import PREDICTIONS
from affect.labels import EXPRESSIONS, VALENCE_AROUSAL
from affect.metrics.plane import PlaneCounts
from affect.reports import figures
from affect.reports.report import Badge, Command, Figure, Report, Section, Table, Tile, cell
from affect.reports.score_cells import (
    GROUP_METRICS,
    about_intervals,
    default_scores,
    ends_of,
    group_tables,
    judged_by,
    score_columns,
    scores_of,
    with_ends,
)

MOST_VIDEOS = 200
"""More rows than this make a table that nobody reads."""


@dataclass(frozen=True)
class Curve:
    """Valence and arousal of one video over time: ``time_s`` (n,), the others (n, 2), NaN where there is none."""

    title: str
    note: str
    time_s: NDArray[np.float64]
    labels: NDArray[np.float32]
    predictions: NDArray[np.float32]


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation found."""

    title: str
    uri: str
    metrics: Mapping[str, Any]
    """As evaluation.measures gives them."""
    views: Mapping[str, str]
    """Over which frames metrics are taken, and how that is called."""
    config: Mapping[str, Any]
    confusion: NDArray[np.int64] | None = None
    """(7, 7), rows are labels, of the frames with a face."""
    plane: PlaneCounts | None = None
    """Histograms of valence and arousal of the frames with a face."""
    curves: Sequence[Curve] = ()
    synthetic: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)


def evaluation_report(evaluation: Evaluation) -> Report:
    """The page of an evaluation; what is not known is left out."""
    metrics = evaluation.metrics
    frames = metrics["frames"]
    whole = (
        f"Of {frames['rows']:,} frames {frames['with_face']:,} show a face and {frames['predicted']:,} were predicted; "
        f"{frames['filled']:,} take the nearest prediction of their video, {frames['without_prediction']:,} have none."
    )
    about = about_intervals(metrics)
    return Report(
        title=evaluation.title,
        subtitle=evaluation.uri,
        badges=[Badge("SYNTHETIC DATA", "warn")] if evaluation.synthetic else [],
        tiles=_tiles(evaluation),
        links={METRICS: METRICS, PREDICTIONS: PREDICTIONS},
        sections=[
            Section("Judged by", _defaults(evaluation), note=" ".join(filter(None, (whole, about, _rules(metrics))))),
            Section("Each label", _labels(evaluation), note="Frames with a face."),
            Section("Thresholds", _thresholds(evaluation), note=_about_thresholds(metrics)),
            Section(
                "Valence-arousal plane", _planes(evaluation), note="Annotated frames; both share one colour scale."
            ),
            Section(
                "Over time",
                _curves(evaluation),
                note="The best, the median and the worst video by the mean of its two CCCs.",
            ),
            Section("Videos from their frames", _video_expressions(evaluation)),
            Section("All metrics", _all(evaluation)),
            Section("Groups", _groups(evaluation), note=_about_groups(metrics)),
            Section("Each corpus", _corpora(evaluation)),
            Section(
                "Each fold",
                _folds(evaluation),
                note="Evaluations that were joined. Their mean is beside the metric of all rows joined, with their "
                "standard deviation (n - 1).",
            ),
            Section("Each video", _videos(evaluation), folded=True),
            Section("Commands", [Command(title, text) for title, text in evaluation.commands.items()]),
            Section("Configuration", _configuration(evaluation), folded=True),
        ],
    )


def _tiles(evaluation: Evaluation) -> list[Tile]:
    tiles = [
        Tile(
            judged_by(row).replace("_", " "), cell(row["faces"]), ", ".join([row["corpus"], *ends_of(row["interval"])])
        )
        for row in evaluation.metrics["default"][:8]
    ]
    return tiles + [Tile(name, value) for name, value in evaluation.facts.items()]


def _defaults(evaluation: Evaluation) -> list[Table]:
    metrics, views = evaluation.metrics, evaluation.views
    rows = [
        [row["corpus"], judged_by(row), *default_scores(metrics, row, views), row["source"]]
        for row in metrics["default"]
    ]
    return [Table(("corpus", "metric", *score_columns(metrics, views), "judged by it in"), rows)]


def _rules(metrics: Mapping[str, Any]) -> str:
    """By what rules the outputs are read."""
    model = metrics["model"]
    said = []
    if "expression" in model["network"]["heads"]:
        said.append(f"A face has the expression {model['expressions']}.")
    if model["zero_shot"]:
        shares = "by the share of annotators" if model["weighted"] else "alike"
        said.append(
            "Its compound expression was not learned: it follows from valence, expressions and action units, which "
            f"count {shares} (FaceBehaviorNet, section 7.5)."
        )
    return " ".join(said)


def _all(evaluation: Evaluation) -> list[Table]:
    metrics, views = evaluation.metrics, evaluation.views
    return [
        Table(
            ("metric", *score_columns(metrics, views)),
            [[key, *scores_of(metrics, key, views)] for key in metrics["faces"]],
        )
    ]


def _groups(evaluation: Evaluation) -> list[Table | Figure]:
    made: list[Table | Figure] = []
    for name, (columns, rows) in group_tables(evaluation.metrics).items():
        of = evaluation.metrics["groups"][name]["groups"]
        keys = [key for key, *_ in rows if key in GROUP_METRICS]
        series = {key: [found["faces"].get(key) for found in of.values()] for key in keys}
        titles = columns[1 : 1 + len(of)]
        made.append(Table(columns, rows))
        drawn = figures.bars(titles, series, "")
        lowest = min((value for values in series.values() for value in values if value is not None), default=0)
        drawn.update_yaxes(range=[min(0, lowest - 0.05), 1.05])
        made.append(Figure(f"By {name}", drawn, wide=True))
    return made


def _about_groups(metrics: Mapping[str, Any]) -> str:
    groups = metrics.get("groups", {})
    if not groups:
        return ""
    small = next(iter(groups.values()))["small_below"]
    without = ", ".join(f"{of['rows_without']:,} by {name}" for name, of in groups.items() if of["rows_without"])
    return (
        "Frames with a face. Videos are drawn within a group. "
        f"A group is small where it has fewer than {small} videos and pictures; small ones are left out of the best "
        "and the worst where two others are there." + (f" Rows of no group: {without}." if without else "")
    )


def _corpora(evaluation: Evaluation) -> list[Table]:
    corpora = evaluation.metrics["corpora"]
    if len(corpora) < 2:
        return []
    keys = list(dict.fromkeys(key for of in corpora.values() for key in of["faces"]))
    rows: list[list[Any]] = [[name, *(of["frames"][name] for of in corpora.values())] for name in ("rows", "predicted")]
    rows += [[key, *(with_ends(of["faces"], of["intervals"], key) for of in corpora.values())] for key in keys]
    return [Table(("frames with a face", *corpora), rows)]


def _folds(evaluation: Evaluation) -> list[Table]:
    runs = evaluation.metrics.get("folds", {}).get("runs", [])
    if not runs:
        return []
    rows: list[list[Any]] = [["evaluation", *(run["run"] for run in runs)], ["model", *(run["model"] for run in runs)]]
    rows += [["rows", *(run["rows"] for run in runs)]]
    rows += [[key, *(run["faces"].get(key) for run in runs)] for key in evaluation.metrics["faces"]]
    return [Table(("frames with a face", *(str(number) for number in range(1, len(runs) + 1))), rows)]


def _labels(evaluation: Evaluation) -> list[Table | Figure]:
    metrics = evaluation.metrics
    made: list[Table | Figure] = []
    if evaluation.confusion is not None and evaluation.confusion.sum():
        made.append(
            Figure("Expressions: confusion", figures.confusion(evaluation.confusion, EXPRESSIONS), "shades: of the row")
        )
    for head, classes in metrics["classes"].items():
        known = {name: of for name, of in classes.items() if of["f1"] is not None}
        if known:
            series = {kind: [of[kind] for of in known.values()] for kind in ("f1", "precision", "recall")}
            drawn = figures.bars(list(known), series, "").update_layout(height=420)
            made.append(Figure(f"{head.capitalize()}: F1, precision, recall", drawn, wide=head != "expression"))
    units = metrics["action_units"]
    if units:
        series = {kind: [of[kind] for of in units.values()] for kind in ("f1", "precision", "recall")}
        made.append(Figure("Action units: F1, precision, recall", figures.bars(list(units), series, ""), wide=True))
    columns = ("f1", "precision", "recall", "labels", "predictions")
    rows = [
        [name, *(of[column] for column in columns)]
        for named in (*metrics["classes"].values(), units)
        for name, of in named.items()
    ]
    return [*made, Table(("label", "F1", *columns[1:]), rows)] if rows else made


def _thresholds(evaluation: Evaluation) -> list[Table]:
    """What thresholds of its own do, where the model has them."""
    metrics = evaluation.metrics
    of = metrics.get("thresholds", {})
    if not of or all(value == of["default"] for value in of["used"].values()):
        return []
    default = of["at_default"]["faces"]
    rows = [
        [name, threshold, metrics["faces"].get(f"{name}_f1"), default.get(f"{name}_f1")]
        for name, threshold in of["used"].items()
    ]
    rows.append(["mean", None, metrics["faces"].get("action_units_f1"), default.get("action_units_f1")])
    return [Table(("action unit", "threshold", "F1", f"F1 at {of['default']}"), rows)]


def _about_thresholds(metrics: Mapping[str, Any]) -> str:
    of = metrics.get("thresholds", {})
    return f"From which probability on an action unit counts as active: {of['from']}. Frames with a face." if of else ""


def _planes(evaluation: Evaluation) -> list[Figure]:
    if evaluation.plane is None or not evaluation.plane.labels.sum():
        return []
    known = {name: getattr(evaluation.plane, name) for name in ("labels", "predictions")}
    highest = max(int(counts.max()) for counts in known.values())
    return [Figure(name.capitalize(), figures.plane_of_counts(counts, highest)) for name, counts in known.items()]


def _curves(evaluation: Evaluation) -> list[Figure]:
    made = []
    for curve in evaluation.curves:
        for place, quantity in enumerate(VALENCE_AROUSAL):
            series = {
                "label": _or_none(curve.labels[:, place]),
                "prediction": _or_none(curve.predictions[:, place]),
            }
            drawn = figures.lines(curve.time_s.round(3).tolist(), series, "seconds", quantity)
            drawn.update_yaxes(range=[-1, 1])
            made.append(Figure(f"{curve.title}: {quantity}", drawn, curve.note))
    return made


def _or_none(values: NDArray[np.float32]) -> list[Any]:
    return [None if np.isnan(value) else round(float(value), 4) for value in values]


def _video_expressions(evaluation: Evaluation) -> list[Table]:
    found = evaluation.metrics["video_expressions"]
    if not found:
        return []
    rules = [rule for rule in found if isinstance(found[rule], dict)]
    rows: list[list[Any]] = [["videos", *[found["videos"]] * len(rules)]]
    rows.append(["of which with one label throughout", *[found["of_one_label"]] * len(rules)])
    keys = [key for key in found[rules[0]] if key not in {"confusion", "intervals"}]
    rows += [[key, *(with_ends(found[rule], found[rule]["intervals"], key) for rule in rules)] for key in keys]
    return [Table(("expression of a video", *(f"{rule} of its frames" for rule in rules)), rows)]


def _videos(evaluation: Evaluation) -> list[Table]:
    videos = evaluation.metrics["videos"]
    if not videos:
        return []
    wanted = ("valence_ccc", "arousal_ccc", "expression_macro_f1", "expression_accuracy", "action_units_f1",
              "compound_macro_f1")  # fmt: skip
    known = [key for key in wanted if any(key in video for video in videos)]
    rows = [
        [video["corpus"], video["video"], video["person"], video["frames"], *(video.get(key) for key in known)]
        for video in videos[:MOST_VIDEOS]
    ]
    return [Table(("corpus", "video", "person", "frames", *known), rows)]


def _configuration(evaluation: Evaluation) -> list[Table]:
    flat = flatten(dict(evaluation.config))
    return [Table(("key", "value"), [[key, value] for key, value in flat.items()])]
