"""Figures of what a sweep's parameters did to its metric: each by itself, two together, all together."""

import math
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from affect.reports.figures import COLOURS, SEQUENTIAL, figure
from affect.reports.report import cell
from affect.reports.sweep_figures import STATUS_COLOURS, WINNER, described, short
from affect.tuning.importance import Importance
from affect.tuning.results import Sweep

WORST_TO_BEST = ["rgb(200, 205, 214)", "rgb(61, 127, 224)"]

PAIRED = 4
"""As many parameters, the most important ones, are shown in pairs."""


def effect(sweep: Sweep, key: str) -> go.Figure:
    """The metric of each trial against one parameter, on the scale it was drawn from."""
    made = figure(short(key), sweep.metric, height=300)
    order = _positions(sweep, key)
    winner = sweep.winner()
    for group in ("stopped early", "running", "failed", "finished", "winner"):
        chosen = [
            trial
            for trial in sweep.trials
            if sweep.best(trial) is not None and ("winner" if trial is winner else trial.status) == group
        ]
        if chosen:
            made.add_scatter(
                x=[order(trial.parameters.get(key)) for trial in chosen],
                y=[sweep.best(trial) for trial in chosen],
                text=[f"<b>{trial.id}</b><br>{described(trial)}" for trial in chosen],
                name=group,
                mode="markers",
                marker={
                    "size": 14 if group == "winner" else 9,
                    "symbol": {"winner": "star", "stopped early": "circle-open", "failed": "x"}.get(group, "circle"),
                    "color": WINNER if group == "winner" else STATUS_COLOURS[group],
                },
                hovertemplate="%{text}<br>%{y:.4g}<extra></extra>",
            )
    made.update_xaxes(**order.axis())
    made.update_layout(showlegend=True)
    return made


class _Positions:
    """Where a parameter's values lie on an axis: numbers as they are, choices in their order."""

    def __init__(self, space: dict[str, Any], values: Sequence[Any]) -> None:
        self.kind = space.get("kind", "uniform")
        self.values = list(space.get("values", []))
        self.low = space.get("low", min(values, default=0) if self.kind != "choice" else 0)
        self.high = space.get("high", max(values, default=1) if self.kind != "choice" else 1)
        self.labels = [cell(value) for value in self.values]

    def __call__(self, value: Any) -> Any:
        return self.values.index(value) if self.kind == "choice" else value

    def share(self, value: Any) -> float:
        """From 0 at the low end of the space to 1 at the high end."""
        if self.kind == "choice":
            return (self.values.index(value) + 0.5) / len(self.values)
        scale: Callable[[float], float] = math.log if self.kind == "loguniform" else float
        low, high = scale(self.low), scale(self.high)
        return (scale(value) - low) / (high - low) if high > low else 0.5

    def axis(self) -> dict[str, Any]:
        """Settings of an axis on the scale that the values were drawn from."""
        if self.kind == "choice":
            ticks: dict[str, Any] = {"tickvals": list(range(len(self.labels))), "ticktext": self.labels}
            return ticks | {"zeroline": False, "range": [-0.5, len(self.labels) - 0.5]}
        if self.kind == "loguniform":
            marks = _log_ticks(self.low, self.high)
            ticks = {"type": "log", "tickvals": marks, "ticktext": [cell(mark) for mark in marks]}
            return ticks | {"range": _padded(math.log10(self.low), math.log10(self.high))}
        return {"range": _padded(self.low, self.high)}

    def ticks(self) -> list[tuple[float, str]]:
        if self.kind == "choice":
            return [(self.share(value), label) for value, label in zip(self.values, self.labels, strict=True)]
        return [(0.0, cell(self.low)), (1.0, cell(self.high))]


def _positions(sweep: Sweep, key: str) -> _Positions:
    values = [trial.parameters[key] for trial in sweep.trials if key in trial.parameters]
    return _Positions(sweep.config.get("space", {}).get(key, {}), values)


def _padded(low: float, high: float) -> list[float]:
    return [low - 0.05 * (high - low), high + 0.05 * (high - low)]


def _log_ticks(low: float, high: float) -> list[float]:
    steps = (1, 2, 5) if high / low < 1000 else (1,)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [float(f"{step}e{power}") for power in powers for step in steps]


def parallel(sweep: Sweep) -> go.Figure:
    """One line a trial through all its parameters to its metric, coloured by the metric.

    Drawn with plain lines: plotly's own parallel coordinates need WebGL, which not every browser allows.
    """
    keys = sweep.parameters()
    scored = [(trial, best) for trial in reversed(sweep.ranked()) if (best := sweep.best(trial)) is not None]
    low, high = min(best for _, best in scored), max(best for _, best in scored)
    made = figure(height=400)
    winner = sweep.winner()
    axes = {key: _positions(sweep, key) for key in keys}
    for trial, best in scored:
        share = (best - low) / (high - low) if high > low else 0.5
        towards_best = share if sweep.mode == "max" else 1 - share
        made.add_scatter(
            x=list(range(len(keys) + 1)),
            y=[axes[key].share(trial.parameters[key]) for key in keys] + [share],
            mode="lines+markers",
            line={
                "color": WINNER if trial is winner else sample_colorscale(WORST_TO_BEST, [towards_best])[0],
                "width": 3.5 if trial is winner else 1.5,
                "shape": "spline",
                "smoothing": 0.6,
            },
            marker={"size": 7 if trial is winner else 4},
            opacity=1 if trial is winner else 0.8,
            hovertemplate=f"<b>{trial.id}</b>: {best:.4g}<br>{described(trial)}<extra></extra>",
            showlegend=False,
        )
    ticks = [*(axes[key].ticks() for key in keys), [(0.0, cell(low)), (1.0, cell(high))]]
    for position, marks in enumerate(ticks):
        made.add_shape(
            type="line", x0=position, x1=position, y0=0, y1=1, line={"color": "#8d97a6", "width": 1}, layer="below"
        )
        for share, label in marks:
            made.add_annotation(
                x=position, y=share, text=label, showarrow=False, xanchor="left", xshift=6, font_size=10
            )
    titles = [short(key).replace(" ", "<br>") for key in keys] + [f"<b>{sweep.metric}</b>"]
    made.update_xaxes(
        tickvals=list(range(len(titles))),
        ticktext=titles,
        side="top",
        showgrid=False,
        zeroline=False,
        ticks="",
        range=[-0.25, len(titles) - 0.35],
    )
    made.update_yaxes(visible=False, range=[-0.05, 1.05])
    made.update_layout(margin={"l": 8, "r": 8, "t": 48, "b": 8}, hovermode="closest")
    return made


def pairs(sweep: Sweep, keys: Sequence[str]) -> list[tuple[str, go.Figure]]:
    """A title and a figure for each two of ``keys``: where trials lie, coloured by what they reached."""
    return [(f"{short(x)} and {short(y)}", _pair(sweep, x, y)) for x, y in combinations(keys, 2)]


def _pair(sweep: Sweep, across: str, up: str) -> go.Figure:
    shown = [(trial, best) for trial in sweep.trials if (best := sweep.best(trial)) is not None]
    x, y = _positions(sweep, across), _positions(sweep, up)
    winner = sweep.winner()
    made = figure(short(across), short(up), height=320)
    made.add_scatter(
        x=[_apart(x, trial.parameters[across], place) for place, (trial, _) in enumerate(shown)],
        y=[_apart(y, trial.parameters[up], place + 1) for place, (trial, _) in enumerate(shown)],
        text=[f"<b>{trial.id}</b>: {best:.4g}<br>{described(trial)}" for trial, best in shown],
        mode="markers",
        marker={
            "size": [16 if trial is winner else 11 for trial, _ in shown],
            "symbol": [
                "star" if trial is winner else "diamond" if trial.status == "stopped early" else "circle"
                for trial, _ in shown
            ],
            "color": [best for _, best in shown],
            "colorscale": SEQUENTIAL,
            "reversescale": sweep.mode == "min",
            "line": {"width": 1, "color": "#ffffff"},
            "colorbar": {"title": {"text": sweep.metric}, "thickness": 10},
        },
        hovertemplate="%{text}<extra></extra>",
    )
    made.update_xaxes(**x.axis())
    made.update_yaxes(**y.axis())
    return made


def _apart(order: _Positions, value: Any, place: int) -> Any:
    """Where a value lies; trials with the same choice a little apart, so that none hides another."""
    position = order(value)
    return position + 0.12 * (place % 5 - 2) if order.kind == "choice" else position


def importance(found: Sequence[Importance]) -> go.Figure:
    """A bar a parameter, the most important one on top."""
    ordered = list(reversed(found))
    made = figure("share of the ranks' variance", "", height=90 + 34 * len(ordered))
    made.add_bar(
        x=[one.share for one in ordered],
        y=[short(one.key) for one in ordered],
        orientation="h",
        marker_color=[COLOURS[0] if one.p < 0.05 else STATUS_COLOURS["waiting"] for one in ordered],
        text=[f"{one.share:.0%}, p {one.p:.2g}" for one in ordered],
        textposition="auto",
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    made.update_xaxes(range=[0, 1], tickformat=".0%")
    made.update_layout(showlegend=False)
    return made
