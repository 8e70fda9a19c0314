"""The model card: model.json told to a person, in Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

import jinja2
import yaml

from affect.corpora.terms import terms
from affect.models.figures import judged_on
from affect.models.files import ModelDescription
from affect.models.outputs import lacking, outputs
from affect.reports.report import cell
from affect.reports.score_cells import about_intervals, ends_of, group_tables, judged_by

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("affect.models", "."),
    autoescape=False,  # noqa: S701  # Markdown, not HTML
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


def model_card(name: str, version: str, model: ModelDescription, evaluation: Mapping[str, Any] | None = None) -> str:
    """The card of one version; the same description and ``evaluation``, its metrics.json, give the same text."""
    metrics: dict[str, dict[str, float]] = {}
    for key, value in model.metrics.items():
        split, _, metric = key.rpartition("/")
        metrics.setdefault(metric, {})[split] = value
    return _ENVIRONMENT.get_template("card.md.j2").render(
        name=name,
        version=version,
        model=model,
        all_synthetic=all(used.synthetic for used in model.data),
        outputs=outputs(model.network),
        lacking=lacking(model.network),
        metrics=metrics,
        splits=list(dict.fromkeys(key.rpartition("/")[0] for key in model.metrics)),
        evaluation=evaluation and _Evaluated(evaluation),
        terms={used.corpus: terms(used.corpus) for used in model.data},
        network=model.network.to_yaml(),
        settings=yaml.safe_dump(model.settings, sort_keys=False),
        preprocessing=model.preprocessing.to_yaml(),
    )


class _Evaluated:
    """What a card tells of an evaluation: tables as lists of rows of text, the first their heads."""

    def __init__(self, metrics: Mapping[str, Any]) -> None:
        self.on = judged_on(metrics)
        self.synthetic = metrics["model"]["synthetic"]
        self.rule = metrics["model"]["expressions"] if "expression" in metrics["model"]["network"]["heads"] else ""
        self.thresholds = metrics["thresholds"].get("from", "")
        frames = metrics["frames"]
        self.frames = f"{frames['predicted']:,} of {frames['rows']:,} frames"
        self.intervals = about_intervals(metrics)
        judged = [
            [f"{row['corpus']}: {judged_by(row)}", cell(row["faces"]), _interval(row["interval"])]
            for row in metrics["default"]
        ]
        told = {row["metric"] for row in metrics["default"]}
        others = [
            [f"all corpora: {metric}", cell(metrics["faces"].get(metric)), _interval(ends)]
            for metric, ends in metrics["intervals"]["faces"].items()
            if metric not in told
        ]
        self.judged = [["metric", "value", "interval"], *judged, *others]
        self.labels = [["label", "F1", "precision", "recall", "labels"]] + [
            [label, *(cell(of[kind]) for kind in ("f1", "precision", "recall", "labels"))]
            for named in (*metrics["classes"].values(), metrics["action_units"])
            for label, of in named.items()
            if of["f1"] is not None
        ]
        self.groups = [
            [columns, *([cell(value) for value in row] for row in rows)]
            for columns, rows in group_tables(metrics).values()
        ]


def _interval(ends: Sequence[float] | None) -> str:
    return next(iter(ends_of(ends)), "").replace("\N{NO-BREAK SPACE}", " ")
