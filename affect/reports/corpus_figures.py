"""The figures of a corpus report."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from affect.reports.figures import figure

DURATION_BINS = 30

LONG_S = 120.0


def counts(labels: Sequence[str], series: Mapping[str, Sequence[int]], y_title: str) -> go.Figure:
    """Grouped bars of numbers of frames or pictures (BMVC 2019, Fig. 3, right)."""
    made = figure("", y_title, barmode="group")
    for name, values in series.items():
        text = [f"{value:,}" for value in values] if len(labels) * len(series) <= 8 else None
        made.add_bar(x=list(labels), y=list(values), name=name, text=text, textposition="outside")
    made.update_traces(textangle=0, cliponaxis=False, textfont_size=10)
    made.update_layout(showlegend=len(series) > 1, bargap=0.25, yaxis_tickformat=",", yaxis_rangemode="tozero")
    made.update_traces(hovertemplate="%{x}: %{y:,}")
    return made


def durations(seconds: Sequence[float]) -> go.Figure:
    """Histogram of how long videos are, from 0 on; in minutes where one is longer than LONG_S."""
    longest = max(seconds)
    unit, scale = ("min", 60.0) if longest > LONG_S else ("s", 1.0)
    heights, edges = np.histogram(np.asarray(seconds) / scale, bins=DURATION_BINS, range=(0, longest / scale or 1))
    made = figure({"min": "minutes", "s": "seconds"}[unit], "videos", bargap=0.05)
    ranges = [f"{low:.3g} to {high:.3g} {unit}" for low, high in pairwise(edges)]
    centres, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    made.add_bar(x=centres.tolist(), y=heights.tolist(), width=widths.tolist(), customdata=ranges)
    made.update_traces(hovertemplate="%{customdata}: %{y} videos<extra></extra>")
    made.update_layout(yaxis_rangemode="tozero", showlegend=False)
    return made
