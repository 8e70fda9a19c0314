"""Figures of a sweep's trials: their curves, their repeats with other seeds, the time they took."""

import plotly.graph_objects as go

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


def repeats(sweep: Sweep) -> go.Figure:
    """The best configurations trained again: a point a seed, their mean, and what the search had measured."""
    shown = [trial for trial in reversed(sweep.ranked()) if sweep.spread(trial) is not None]
    made = figure(sweep.metric, "", height=110 + 38 * len(shown))
    winner = sweep.winner()
    seeds = [(trial, repeat) for trial in shown for repeat in trial.repeats if repeat.result is not None]
    made.add_scatter(
        x=[repeat.result for _, repeat in seeds],
        y=[trial.id for trial, _ in seeds],
        text=[f"seed {repeat.seed}" for _, repeat in seeds],
        name="each seed",
        mode="markers",
        marker={"size": 9, "color": STATUS_COLOURS["finished"], "opacity": 0.7},
        hovertemplate="%{y}, %{text}: %{x:.4g}<extra></extra>",
    )
    spreads = [spread for trial in shown if (spread := sweep.spread(trial)) is not None]
    made.add_scatter(
        x=[spread.mean for spread in spreads],
        y=[trial.id for trial in shown],
        error_x={
            "type": "data",
            "array": [spread.deviation or 0 for spread in spreads],
            "thickness": 1.5,
            "color": STATUS_COLOURS["finished"],
        },
        name="mean and standard deviation",
        mode="markers",
        marker={
            "size": [15 if trial is winner else 11 for trial in shown],
            "symbol": ["star" if trial is winner else "diamond" for trial in shown],
            "color": [WINNER if trial is winner else STATUS_COLOURS["finished"] for trial in shown],
            "line": {"width": 1, "color": "#ffffff"},
        },
        hovertemplate="%{y}: mean %{x:.4g}<extra></extra>",
    )
    made.add_scatter(
        x=[trial.result for trial in shown],
        y=[trial.id for trial in shown],
        name="in the search",
        mode="markers",
        marker={"size": 10, "symbol": "x-thin-open", "color": STATUS_COLOURS["waiting"], "line": {"width": 2}},
        hovertemplate="%{y}: %{x:.4g} in the search<extra></extra>",
    )
    made.update_yaxes(type="category", categoryorder="array", categoryarray=[trial.id for trial in shown])
    return made
