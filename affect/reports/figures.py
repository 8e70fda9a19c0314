"""The figures that reports are made of, in one style.

Figures hold no colours of paper, grid or text: the page adds the light or the dark template.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

COLOURS = ("#3d7fe0", "#e0813a", "#2aa57c", "#b266c9", "#d9525f", "#8c9a2e", "#2f9fb3", "#a1795c")
"""Told apart on white and on near-black."""

SEQUENTIAL = [[0.0, "#30487a"], [0.35, "#3d7fe0"], [0.7, "#3fbf9b"], [1.0, "#f2c94c"]]


@dataclass(frozen=True)
class Palette:
    """Colours of what surrounds the data."""

    text: str
    grid: str
    line: str
    panel: str


LIGHT = Palette(text="#3a4250", grid="#e6e9ee", line="#b9c0cb", panel="#ffffff")
DARK = Palette(text="#c3cad6", grid="#2b323d", line="#4a5361", panel="#171b21")


def template(palette: Palette) -> dict[str, Any]:
    """A plotly template for ``palette``."""
    axis = {
        "gridcolor": palette.grid,
        "linecolor": palette.line,
        "zerolinecolor": palette.line,
        "zerolinewidth": 1,
        "ticks": "outside",
        "tickcolor": palette.line,
        "ticklen": 4,
        "automargin": True,
        "title": {"standoff": 8},
    }
    return {
        "layout": {
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(COLOURS),
            "font": {"color": palette.text, "size": 12, "family": "system-ui, sans-serif"},
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {"bgcolor": palette.panel, "font": {"color": palette.text}, "bordercolor": palette.line},
            "legend": {"bgcolor": "rgba(0,0,0,0)"},
        }
    }


def figure(x: str = "", y: str = "", height: int = 320, **layout: Any) -> go.Figure:
    """An empty figure with titled axes and the legend above."""
    made = go.Figure()
    made.update_layout(
        template="none",
        height=height,
        margin={"l": 48, "r": 12, "t": 28, "b": 44},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "font": {"size": 11}},
        xaxis_title=x or None,
        yaxis_title=y or None,
        **layout,
    )
    return made


def lines(x: Sequence[float], series: Mapping[str, Sequence[float]], x_title: str, y_title: str) -> go.Figure:
    """One line per series; short ones show their points."""
    made = figure(x_title, y_title)
    mode = "lines+markers" if len(x) <= 40 else "lines"
    for name, values in series.items():
        made.add_scatter(x=list(x), y=list(values), name=name, mode=mode, line={"width": 2}, marker={"size": 5})
    made.update_layout(hovermode="x unified")
    if x and max(x) - min(x) <= 12 and all(float(value).is_integer() for value in x):
        made.update_xaxes(dtick=1)
    return made


def bars(labels: Sequence[str], series: Mapping[str, Sequence[float | None]], y_title: str) -> go.Figure:
    """Grouped bars of values in [0, 1]."""
    made = figure("", y_title, barmode="group")
    for name, values in series.items():
        text = ["" if value is None else f"{value:.2f}" for value in values]
        labelled = len(series) * len(labels) <= 20
        made.add_bar(x=list(labels), y=list(values), name=name, text=text if labelled else None, textposition="outside")
    made.update_traces(textangle=0, cliponaxis=False, textfont_size=10)
    made.update_layout(yaxis_range=[0, 1.05], showlegend=len(series) > 1, bargap=0.25)
    return made


def confusion(matrix: NDArray[np.int64], labels: Sequence[str]) -> go.Figure:
    """Rows are labels, columns predictions; colours are shares of the row, the text is counts."""
    totals = matrix.sum(1, keepdims=True)
    shares = np.divide(matrix, totals, out=np.zeros(matrix.shape), where=totals > 0)
    made = figure("predicted", "labelled", height=420)
    made.add_heatmap(
        z=shares,
        x=list(labels),
        y=list(labels),
        zmin=0,
        zmax=1,
        colorscale=[[0, "rgba(61,127,224,0.04)"], [1, "rgba(61,127,224,0.9)"]],
        text=[[f"{count:,}" if count else "" for count in row] for row in matrix.tolist()],
        texttemplate="%{text}",
        hovertemplate="labelled %{y}, predicted %{x}: %{text} (%{z:.0%})<extra></extra>",
        xgap=2,
        ygap=2,
        showscale=False,
    )
    made.update_yaxes(autorange="reversed", showgrid=False)
    made.update_xaxes(showgrid=False, tickangle=-45)
    return made


def plane_of_counts(counts: NDArray[np.floating] | NDArray[np.integer], highest: int) -> go.Figure:
    """2-D histogram of valence and arousal, of counts as metrics.plane.PlaneCounts gives them (IJCV 2019, Figs 14-19).

    ``highest`` is the count at the end of the colour scale, so that two histograms can share it.
    """
    bins = len(counts)
    centres = (np.arange(bins) + 0.5) * 2 / bins - 1
    made = figure("valence", "arousal", height=400)
    made.add_heatmap(
        z=np.where(counts > 0, np.log10(np.maximum(counts, 1)), np.nan),
        x=centres,
        y=centres,
        zmin=0,
        zmax=max(np.log10(max(highest, 1)), 0.1),
        colorscale=SEQUENTIAL,
        text=counts.astype(int).tolist(),
        hovertemplate="valence %{x:.2f}, arousal %{y:.2f}: %{text} frames<extra></extra>",
        colorbar={"title": {"text": "frames"}, "thickness": 10, **_decades(highest)},
    )
    made.update_xaxes(range=[-1, 1], dtick=0.5, constrain="domain")
    made.update_yaxes(range=[-1, 1], dtick=0.5, scaleanchor="x", constrain="domain")
    return made


def _decades(highest: int) -> dict[str, Any]:
    values = [10**power for power in range(len(str(max(highest, 1))))]
    return {"tickvals": list(range(len(values))), "ticktext": [f"{value:,}" for value in values]}
