"""Figures of a sweep: curves, effect of each parameter, parallel coordinates, time."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from affect.reports.figures import COLOURS, figure
from affect.reports.report import cell
from affect.tuning.results import Sweep, Trial

STATUS_COLOURS = {
    "finished": COLOURS[0],
    "stopped early": "#8d97a6",
    "running": COLOURS[2],
    "waiting": "#8d97a6",
    "failed": COLOURS[4],
}
WINNER = COLOURS[1]
WORST_TO_BEST = ["rgb(200, 205, 214)", "rgb(61, 127, 224)"]


def short(key: str) -> str:
    """The last part of a dotted key, as it is shown beside a plot."""
    return key.rsplit(".", 1)[-1].replace("_", " ")


def described(trial: Trial) -> str:
    """A trial's parameters for a hover label."""
    return "<br>".join(f"{short(key)} {cell(value)}" for key, value in trial.parameters.items())


def curves(sweep: Sweep) -> go.Figure:
    """The metric by epoch: one line a trial, the winner on top."""
    made = figure("epoch", sweep.metric, height=380)
    winner = sweep.winner()
    shown = [trial for trial in sweep.ranked() if trial.values(sweep.metric)]
    named: set[str] = set()
    for trial in reversed(shown):
        group = "winner" if trial is winner else trial.status
        points = trial.values(sweep.metric)
        made.add_scatter(
            x=list(points),
            y=list(points.values()),
            name=group,
            legendgroup=group,
            showlegend=group not in named,
            mode="lines+markers",
            line={
                "color": WINNER if trial is winner else STATUS_COLOURS[trial.status],
                "width": 3.5 if trial is winner else 1.5,
            },
            marker={"size": [3] * (len(points) - 1) + [9 if trial is winner else 6]},
            opacity=1 if trial is winner else 0.75,
            hovertemplate=f"<b>{trial.id}</b> epoch %{{x}}: %{{y:.4g}}<br>{described(trial)}<extra></extra>",
        )
        named.add(group)
    if max((trial.epochs for trial in shown), default=0) <= 12:
        made.update_xaxes(dtick=1)
    return made


def effect(sweep: Sweep, key: str) -> go.Figure:
    """The metric of each trial against one parameter, on the scale it was drawn from."""
    kind = sweep.config.get("space", {}).get(key, {}).get("kind", "uniform")
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
    if kind == "choice":
        made.update_xaxes(tickvals=list(range(len(order.labels))), ticktext=order.labels, zeroline=False)
        made.update_xaxes(range=[-0.5, len(order.labels) - 0.5])
    elif kind == "loguniform":
        ticks = _log_ticks(order.low, order.high)
        made.update_xaxes(type="log", tickvals=ticks, ticktext=[cell(tick) for tick in ticks])
        made.update_xaxes(range=_padded(math.log10(order.low), math.log10(order.high)))
    else:
        made.update_xaxes(range=_padded(order.low, order.high))
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


def times(sweep: Sweep) -> go.Figure:
    """How long each trial took, over all its attempts."""
    shown = sorted((trial for trial in sweep.trials if trial.seconds > 0), key=lambda trial: trial.seconds)
    made = figure("seconds", "", height=max(160, 90 + 22 * len(shown)), barmode="stack")
    winner = sweep.winner()
    for group in ("winner", "finished", "stopped early", "failed", "running"):
        chosen = [trial for trial in shown if ("winner" if trial is winner else trial.status) == group]
        if chosen:
            made.add_bar(
                x=[trial.seconds for trial in chosen],
                y=[trial.id for trial in chosen],
                name=group,
                orientation="h",
                marker_color=WINNER if group == "winner" else STATUS_COLOURS[group],
                customdata=[[trial.epochs, trial.attempts] for trial in chosen],
                hovertemplate="%{y}: %{x:.0f} s, %{customdata[0]} epochs, %{customdata[1]} attempts<extra></extra>",
            )
    made.update_yaxes(type="category", categoryorder="array", categoryarray=[trial.id for trial in shown])
    made.update_layout(bargap=0.3)
    return made
