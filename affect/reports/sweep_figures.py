"""Figures of a sweep.

Trials of one kind share a trace, with gaps between them: a page with hundreds of trials stays light.
"""

import math
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import plotly.graph_objects as go

from affect.reports.figures import COLOURS, figure
from affect.reports.report import cell
from affect.tuning.importance import Importance
from affect.tuning.results import Sweep, Trial

GREY = "#8d97a6"
STATUS_COLOURS = {
    "finished": COLOURS[0],
    "stopped early": GREY,
    "running": COLOURS[2],
    "waiting": GREY,
    "failed": COLOURS[4],
}
WINNER = COLOURS[1]
STATUS_DASHES = {"stopped early": "dot", "running": "dash", "failed": "dashdot"}
STATUS_SYMBOLS = {"winner": "star", "stopped early": "circle-open", "failed": "x", "running": "diamond-open"}
"""Kinds of trials differ in shape as well as in colour."""

GROUPS = ("stopped early", "failed", "waiting", "running", "finished", "winner")
"""From the back to the front."""

LEVELS = 8
"""Shades of the lines of parallel coordinates."""


def short(key: str) -> str:
    """The last part of a dotted key, as it is shown beside a plot."""
    return key.rsplit(".", 1)[-1].replace("_", " ")


def described(trial: Trial) -> str:
    """A trial's parameters for a hover label."""
    return "<br>".join(f"{short(key)} {cell(value)}" for key, value in trial.parameters.items())


def grouped(sweep: Sweep, trials: Iterable[Trial]) -> list[tuple[str, list[Trial]]]:
    """The trials by status, the winner by itself, in the order of GROUPS; groups without trials are left out."""
    winner = sweep.winner()
    found: dict[str, list[Trial]] = {group: [] for group in GROUPS}
    for trial in trials:
        found["winner" if trial is winner else trial.status].append(trial)
    return [(group, members) for group, members in found.items() if members]


def curves(sweep: Sweep) -> go.Figure:
    """The metric by epoch: a line for each trial, the winner on top."""
    made = figure("epoch", sweep.metric, height=380)
    shown = [trial for trial in sweep.trials if trial.values(sweep.metric)]
    for group, members in grouped(sweep, shown):
        x: list[int | None] = []
        y: list[float | None] = []
        names: list[str] = []
        sizes: list[int] = []
        for trial in members:
            points = trial.values(sweep.metric)
            x += [*points, None]
            y += [*points.values(), None]
            names += [trial.id] * (len(points) + 1)
            sizes += [0] * (len(points) - 1) + [9 if group == "winner" else 6, 0]
        made.add_scatter(
            x=x,
            y=y,
            text=names,
            name=group,
            mode="lines+markers",
            line={
                "color": WINNER if group == "winner" else STATUS_COLOURS[group],
                "width": 3.5 if group == "winner" else 1.5,
                "dash": STATUS_DASHES.get(group, "solid"),
            },
            marker={"size": sizes, "symbol": STATUS_SYMBOLS.get(group, "circle")},
            opacity=1 if group == "winner" else 0.7,
            hovertemplate="<b>%{text}</b> epoch %{x}: %{y:.4g}<extra></extra>",
        )
    if max((trial.epochs for trial in shown), default=0) <= 12:
        made.update_xaxes(dtick=1)
    return made


def progress(sweep: Sweep) -> go.Figure:
    """What each trial came to, in the order they were begun, and the best of the finished ones so far."""
    made = figure("trial", sweep.metric, height=300)
    numbers = {trial.id: number for number, trial in enumerate(sweep.trials, start=1)}
    scored = [trial for trial in sweep.trials if sweep.best(trial) is not None]
    for group, members in grouped(sweep, scored):
        made.add_scatter(
            x=[numbers[trial.id] for trial in members],
            y=[sweep.best(trial) for trial in members],
            text=[f"<b>{trial.id}</b><br>{described(trial)}" for trial in members],
            name=group,
            **_markers(group),
        )
    better = max if sweep.mode == "max" else min
    x: list[int] = []
    y: list[float] = []
    for trial in scored:
        if trial.result is not None:
            x.append(numbers[trial.id])
            y.append(better([*y[-1:], trial.result]))
    if x:
        line = {"color": WINNER, "width": 1.5, "shape": "hv"}
        x, y = [*x, len(sweep.trials)], [*y, y[-1]]
        made.add_scatter(x=x, y=y, name="best so far", mode="lines", line=line, hoverinfo="skip")
    return made


def seeds(sweep: Sweep) -> go.Figure:
    """Of each configuration that was trained again: every seed's result, their mean, and what the search had found."""
    repeated = [trial for trial in sweep.ranked() if sweep.spread(trial) is not None]
    made = figure(sweep.metric, "", height=150 + 44 * len(repeated))
    results = [(trial, repeat) for trial in repeated for repeat in trial.repeats if repeat.result is not None]
    made.add_scatter(
        x=[repeat.result for _, repeat in results],
        y=[trial.id for trial, _ in results],
        text=[f"<b>{trial.id}</b> seed {repeat.seed}" for trial, repeat in results],
        name="another seed",
        mode="markers",
        marker={"size": 9, "color": COLOURS[0], "opacity": 0.75},
        hovertemplate="%{text}: %{x:.4g}<extra></extra>",
    )
    spreads = [(trial.id, spread) for trial in repeated if (spread := sweep.spread(trial)) is not None]
    made.add_scatter(
        x=[spread.mean for _, spread in spreads],
        y=[name for name, _ in spreads],
        error_x={"type": "data", "array": [spread.deviation or 0.0 for _, spread in spreads], "color": WINNER},
        name="mean and deviation",
        mode="markers",
        marker={"size": 17, "symbol": "line-ns", "line": {"width": 3, "color": WINNER}},
        hovertemplate="<b>%{y}</b> mean %{x:.4g} ± %{error_x.array:.2g}<extra></extra>",
    )
    made.add_scatter(
        x=[trial.result for trial in repeated],
        y=[trial.id for trial in repeated],
        name="in the search",
        mode="markers",
        marker={"size": 10, "symbol": "x-thin", "line": {"width": 2, "color": GREY}},
        hovertemplate="<b>%{y}</b> in the search %{x:.4g}<extra></extra>",
    )
    order = [trial.id for trial in reversed(repeated)]
    made.update_yaxes(type="category", categoryorder="array", categoryarray=order, title="trial")
    made.update_yaxes(range=[-0.6, len(order) - 0.4])
    return made


def importance(found: Sequence[Importance]) -> go.Figure:
    """Each parameter's importance, and what chance alone would reach."""
    names = [short(one.key) for one in found]
    made = figure("part in the sum", "", height=130 + 36 * len(found))
    made.add_bar(
        x=[one.value for one in found],
        y=names,
        name="importance",
        orientation="h",
        marker_color=[COLOURS[0] if one.beyond_chance else GREY for one in found],
        hovertemplate="%{y}: %{x:.0%}<extra></extra>",
    )
    made.add_scatter(
        x=[one.chance for one in found],
        y=names,
        name="chance stays below",
        mode="markers",
        marker={"size": 18, "symbol": "line-ns", "line": {"width": 2.5, "color": WINNER}},
        hovertemplate="%{y}: by chance up to %{x:.0%}<extra></extra>",
    )
    made.update_yaxes(autorange="reversed")
    made.update_xaxes(tickformat=".0%", rangemode="tozero")
    made.update_layout(bargap=0.35)
    return made


def _markers(group: str) -> dict[str, Any]:
    return {
        "mode": "markers",
        "marker": {
            "size": 14 if group == "winner" else 8,
            "symbol": STATUS_SYMBOLS.get(group, "circle"),
            "color": WINNER if group == "winner" else STATUS_COLOURS[group],
        },
        "hovertemplate": "%{text}<br>%{y:.4g}<extra></extra>",
    }


def effect(sweep: Sweep, key: str) -> go.Figure:
    """The metric of each trial against one parameter, on the scale it was drawn from."""
    made = figure(short(key), sweep.metric, height=300)
    order = _positions(sweep, key)
    for group, members in grouped(sweep, _with(sweep, key)):
        made.add_scatter(
            x=[order(trial.parameters[key]) for trial in members],
            y=[sweep.best(trial) for trial in members],
            text=[f"<b>{trial.id}</b><br>{described(trial)}" for trial in members],
            name=group,
            **_markers(group),
        )
    made.update_xaxes(**order.axis())
    made.update_layout(showlegend=True)
    return made


def pair(sweep: Sweep, first: str, second: str) -> go.Figure:
    """Each trial at its values of two parameters, coloured by the metric: which values go together."""
    made = figure(short(first), short(second), height=340)
    across, up = _positions(sweep, first), _positions(sweep, second)
    scored = [trial for trial in _with(sweep, first) if second in trial.parameters]
    values = [sweep.best(trial) or 0.0 for trial in scored]
    for group, members in grouped(sweep, scored):
        made.add_scatter(
            x=[across(trial.parameters[first], _jitter(trial.id, 1)) for trial in members],
            y=[up(trial.parameters[second], _jitter(trial.id, 2)) for trial in members],
            text=[f"<b>{trial.id}</b> {sweep.best(trial):.4g}<br>{described(trial)}" for trial in members],
            name=group,
            showlegend=False,
            mode="markers",
            marker={
                "size": 17 if group == "winner" else 10 if group == "finished" else 7,
                "symbol": "star" if group == "winner" else "circle",
                "color": [sweep.best(trial) for trial in members],
                "cmin": min(values),
                "cmax": max(values),
                "colorscale": "Cividis",
                "reversescale": sweep.mode == "min",
                "showscale": group == "finished" or len(values) == len(members),
                "colorbar": {"thickness": 10, "title": {"text": sweep.metric}},
                "line": {"color": GREY, "width": 1},
            },
            hovertemplate="%{text}<extra></extra>",
        )
    made.update_xaxes(**across.axis())
    made.update_yaxes(**up.axis())
    return made


def _with(sweep: Sweep, key: str) -> list[Trial]:
    return [trial for trial in sweep.trials if sweep.best(trial) is not None and key in trial.parameters]


def _jitter(name: str, number: int) -> float:
    """In [-0.3, 0.3], the same each time the page is written: values of a choice lie beside one another."""
    return 0.6 * ((zlib.crc32(f"{number} {name}".encode()) % 1000) / 999 - 0.5)


class _Positions:
    """Where a parameter's values lie on an axis: numbers as they are, choices in their order."""

    def __init__(self, space: dict[str, Any], values: Sequence[Any]) -> None:
        self.kind = space.get("kind", "uniform")
        self.values = list(space.get("values", []))
        self.low = space.get("low", min(values, default=0) if self.kind != "choice" else 0)
        self.high = space.get("high", max(values, default=1) if self.kind != "choice" else 1)
        self.labels = [cell(value) for value in self.values]

    def __call__(self, value: Any, aside: float = 0.0) -> Any:
        return self.values.index(value) + aside if self.kind == "choice" else value

    def axis(self) -> dict[str, Any]:
        """Settings of a plotly axis that covers the space."""
        if self.kind == "choice":
            last = len(self.values) - 0.5
            return {
                "tickvals": list(range(len(self.values))),
                "ticktext": self.labels,
                "range": [-0.5, last],
                "zeroline": False,
            }
        if self.kind == "loguniform":
            ticks = _log_ticks(self.low, self.high)
            span = _padded(math.log10(self.low), math.log10(self.high))
            return {"type": "log", "tickvals": ticks, "ticktext": [cell(tick) for tick in ticks], "range": span}
        return {"range": _padded(self.low, self.high), "zeroline": False}

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
    scored = [
        (trial, best)
        for trial in sweep.ranked()
        if (best := sweep.best(trial)) is not None and all(key in trial.parameters for key in keys)
    ]
    low, high = min(best for _, best in scored), max(best for _, best in scored)
    made = figure(height=400)
    winner = sweep.winner()
    axes = {key: _positions(sweep, key) for key in keys}
    by_level: dict[int, list[tuple[Trial, float]]] = {}
    for trial, best in scored:
        share = (best - low) / (high - low) if high > low else 0.5
        towards_best = share if sweep.mode == "max" else 1 - share
        level = LEVELS if trial is winner else min(int(towards_best * LEVELS), LEVELS - 1)
        by_level.setdefault(level, []).append((trial, share))
    for level, members in sorted(by_level.items()):
        won = level == LEVELS
        x: list[int | None] = []
        y: list[float | None] = []
        text: list[str] = []
        for trial, share in members:
            x += [*range(len(keys) + 1), None]
            y += [*(axes[key].share(trial.parameters[key]) for key in keys), share, None]
            text += [f"<b>{trial.id}</b>: {sweep.best(trial):.4g}<br>{described(trial)}"] * (len(keys) + 2)
        made.add_scatter(
            x=x,
            y=y,
            text=text,
            mode="lines+markers",
            # Poor ones fade into the page, be it light or dark.
            line={
                "color": WINNER if won else f"rgba(61,127,224,{0.12 + 0.8 * level / (LEVELS - 1):.2f})",
                "width": 3.5 if won else 1 + level / (LEVELS - 1),
                "shape": "spline",
                "smoothing": 0.6,
            },
            marker={"size": 7 if won else 4},
            hovertemplate="%{text}<extra></extra>",
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
    """How long each trial took over all its attempts, against what it came to."""
    shown = [trial for trial in sweep.trials if trial.seconds > 0 and sweep.best(trial) is not None]
    unit, name = _unit([trial.seconds for trial in shown])
    made = figure(f"{name} of one trial", sweep.metric, height=320)
    for group, members in grouped(sweep, shown):
        made.add_scatter(
            x=[trial.seconds / unit for trial in members],
            y=[sweep.best(trial) for trial in members],
            text=[f"<b>{trial.id}</b>, {trial.epochs} epochs, {trial.attempts} attempts" for trial in members],
            name=group,
            **_markers(group),
        )
    made.update_xaxes(rangemode="tozero")
    return made


def _unit(seconds: Sequence[float]) -> tuple[float, str]:
    longest = max(seconds, default=0.0)
    return (3600.0, "hours") if longest >= 7200 else (60.0, "minutes") if longest >= 120 else (1.0, "seconds")
