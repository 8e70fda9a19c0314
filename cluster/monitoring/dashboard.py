"""The Grafana dashboard of this system's own metrics, made from their declarations in ``jobs.metrics``."""

from dataclasses import dataclass
from typing import Any

import ray

from jobs import metrics
from jobs.metrics import Metric

UID = "affectOnRay"
COLUMNS, WIDTH, HEIGHT = 2, 12, 8
"""Panels in a row, and each one's size in Grafana's grid of 24 columns."""
WAIT_LIMIT = 0.1
"""Share of waiting from which a training is short of data."""


@dataclass(frozen=True)
class Panel:
    """What one panel draws: PromQL expressions, each with the legend of its lines."""

    title: str
    description: str
    unit: str
    targets: tuple[tuple[str, str], ...]
    limit: float | None = None
    """Above it the panel turns red."""


def _rate(metric: Metric, *by: str) -> str:
    return f"sum by ({', '.join(by)}) (rate({metric.exported}{{{_CHOSEN}}}[$__rate_interval]))"


def _served(metric: Metric, *by: str, only: str = "") -> str:
    """The server belongs to no run."""
    return f"sum by ({', '.join(by)}) (rate({metric.exported}{{{only}}}[$__rate_interval]))"


def _value(metric: Metric, *by: str, only: str = "") -> str:
    return f"max by ({', '.join(by)}) ({metric.exported}{{{_CHOSEN}{only}}})"


def _quantile(metric: Metric, quantile: float) -> str:
    """Since the run began: an increase would leave out what a series starts with, and checkpoints are few."""
    return f"histogram_quantile({quantile}, sum by (le, recipe, run) ({metric.exported}{{{_CHOSEN}}}))"


def _recent(metric: Metric, quantile: float, *by: str) -> str:
    return f"histogram_quantile({quantile}, {_served(metric, 'le', *by)})"


_CHOSEN = 'run=~"$run"'
_HEADLINES = ',metric=~"score|.+_ccc|.+_macro_f1|action_units_f1"'  # Prometheus has all the others too
_CORPUS, _RECIPE = ("corpus", "run"), ("recipe", "run")
_OF_CORPUS, _OF_RECIPE = "{{corpus}} {{run}}", "{{recipe}} {{run}}"

PREPROCESS = (
    Panel(
        "Frames per second", "Frames decoded and looked at by all processes together. Falls where nodes are lost; flat "
        "where adding nodes does not help, as when the storage is the limit.", "short",
        ((_rate(metrics.FRAMES, *_CORPUS), _OF_CORPUS),),
    ),
    Panel(
        "Clips left", "Clips that are yet to be done. Its slope tells when the job ends.", "short",
        ((_value(metrics.CLIPS_LEFT, *_CORPUS), _OF_CORPUS),),
    ),
    Panel(
        "Clips settled per second", "By what became of them.", "short",
        ((_rate(metrics.CLIPS, *_CORPUS, "outcome"), f"{{{{outcome}}}}: {_OF_CORPUS}"),),
    ),
    Panel(
        "Clips set aside", "Faulty clips so far; set_aside.csv in the job's folder names each with the reason. A steep "
        "rise is a damaged copy or a wrong --root rather than a few broken files.", "short",
        ((_value(metrics.SET_ASIDE, *_CORPUS), _OF_CORPUS),),
    ),
    Panel(
        "Work by stage", "Seconds of work a second, that is processes busy, by stage: the tallest one is where a "
        "faster detector, decoder or storage would help.", "short",
        ((_rate(metrics.STAGE_SECONDS, *_CORPUS, "stage"), f"{{{{stage}}}}: {_OF_CORPUS}"),),
    ),
)  # fmt: skip

TRAIN = (
    Panel(
        "Samples per second", "Rows (frames of sequences) learned from, of all workers together.", "short",
        ((_rate(metrics.SAMPLES, *_RECIPE), _OF_RECIPE),),
    ),
    Panel(
        "Share of time waiting for data", "Of the time that steps take. Above a tenth the workers are hungry: raise "
        "resources.data_cpus_per_worker or add CPU nodes.", "percentunit",
        ((f"{_rate(metrics.WAIT_SECONDS, *_RECIPE)} / {_rate(metrics.STEP_SECONDS, *_RECIPE)}", _OF_RECIPE),),
        limit=WAIT_LIMIT,
    ),
    Panel(
        "Loss", "Mean of the latest steps, and its parts.", "short",
        ((_value(metrics.LOSS, *_RECIPE, "part"), f"{{{{part}}}}: {_OF_RECIPE}"),),
    ),
    Panel(
        "Validation", "Mean CCCs, macro F1s and mean AU F1 of the last epoch, and the score that compares models.",
        "short", ((_value(metrics.VALIDATION, *_RECIPE, "metric", only=_HEADLINES), f"{{{{metric}}}}: {_OF_RECIPE}"),),
    ),
    Panel(
        "Seconds per step", "Waiting for data included.", "s",
        ((f"{_rate(metrics.STEP_SECONDS, *_RECIPE)} / {_rate(metrics.STEPS, *_RECIPE)}", _OF_RECIPE),),
    ),
    Panel(
        "Checkpoint time", "How long training stands still for a checkpoint, since the run began: median and 95th "
        "percentile. Grows with slow storage.", "s",
        (
            (_quantile(metrics.CHECKPOINT_SECONDS, 0.5), f"median: {_OF_RECIPE}"),
            (_quantile(metrics.CHECKPOINT_SECONDS, 0.95), f"95 %: {_OF_RECIPE}"),
        ),
    ),
    Panel(
        "Learning rate", "As the schedule sets it.", "sci",
        ((_value(metrics.LEARNING_RATE, *_RECIPE), _OF_RECIPE),),
    ),
    Panel(
        "Epochs finished", "Falls back where a run went on from an earlier checkpoint.", "short",
        ((_value(metrics.EPOCH, *_RECIPE), _OF_RECIPE),),
    ),
)  # fmt: skip

SERVE = (
    Panel(
        "Requests per second", "By route and status.", "short",
        ((_served(metrics.REQUESTS, "route", "status"), "{{route}} {{status}}"),),
    ),
    Panel(
        "Refused and failed per second", "By problem code. overloaded asks for more replicas, rate_exceeded and "
        "unauthenticated tell of clients, internal of a fault that Serve's log explains.", "short",
        ((_served(metrics.REQUESTS, "code", only='code!=""'), "{{code}}"),),
    ),
    Panel(
        "Time to answer", "Median and 95th percentile.", "s",
        (
            (_recent(metrics.REQUEST_SECONDS, 0.5, "route"), "median: {{route}}"),
            (_recent(metrics.REQUEST_SECONDS, 0.95, "route"), "95 %: {{route}}"),
        ),
    ),
    Panel(
        "Pictures and faces per second", "Of all replicas together, by model and version.", "short",
        (
            (_served(metrics.PICTURES, "model", "version"), "pictures: {{model}} {{version}}"),
            (_served(metrics.FACES, "model", "version"), "faces: {{model}} {{version}}"),
        ),
    ),
)  # fmt: skip

ROWS = {"Preprocess": PREPROCESS, "Train": TRAIN, "Serve": SERVE}


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana reads it from a file."""
    panels: list[dict[str, Any]] = []
    top = 0
    for title, row in ROWS.items():
        panels.append(
            {"type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": _place(0, top, 24, 1)}
        )
        top += 1
        for number, panel in enumerate(row):
            below, beside = divmod(number, COLUMNS)
            panels.append(_drawn(panel) | {"gridPos": _place(beside * WIDTH, top + below * HEIGHT, WIDTH, HEIGHT)})
        top += -(-len(row) // COLUMNS) * HEIGHT
    return {
        "uid": UID,
        "title": "affect-on-Ray",
        "tags": ["affect-on-ray"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        # Ray marks its own dashboards so.
        "links": [_link("Ray's dashboards", f"rayVersion:{ray.__version__}")],
        "templating": {"list": [_DATASOURCE_CHOICE, _run_choice()]},
        "panels": [panel | {"id": number} for number, panel in enumerate(panels, start=1)],
    }


_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_DATASOURCE_CHOICE = {"name": "datasource", "type": "datasource", "query": "prometheus", "hide": 2}


def _run_choice() -> dict[str, Any]:
    query = f'label_values({{__name__=~"{metrics.STEPS.exported}|{metrics.CLIPS_LEFT.exported}"}}, run)'
    return {
        "name": "run",
        "label": "Run",
        "type": "query",
        "datasource": _DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": "runs"},
        "refresh": 2,
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _drawn(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.limit is not None:
        steps.append({"color": "red", "value": panel.limit})
    return {
        "type": "timeseries",
        "title": panel.title,
        "description": panel.description,
        "datasource": _DATASOURCE,
        "targets": [
            {"refId": chr(ord("A") + number), "datasource": _DATASOURCE, "expr": expression, "legendFormat": legend}
            for number, (expression, legend) in enumerate(panel.targets)
        ],
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "thresholds": {"mode": "absolute", "steps": steps},
                "custom": {"thresholdsStyle": {"mode": "off" if panel.limit is None else "dashed"}},
            },
            "overrides": [],
        },
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
    }


def _place(x: int, y: int, width: int, height: int) -> dict[str, int]:
    return {"x": x, "y": y, "w": width, "h": height}


def _link(title: str, tag: str) -> dict[str, Any]:
    return {"type": "dashboards", "title": title, "tags": [tag], "asDropdown": True, "keepTime": True}
