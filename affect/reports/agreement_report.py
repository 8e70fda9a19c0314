"""The report on annotators' agreement: MAIC before and after filtering, correlations, traces with the chosen mean."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from affect.annotation.agreement import Agreement
from affect.configuration import flatten
from affect.labels import VALENCE_AROUSAL
from affect.reports import figures
from affect.reports.report import NOTHING, Badge, Figure, Report, Section, Table, Tile

PUBLISHED_MAIC = {
    "valence": {1: 0.60, 5: 0.603, 15: 0.62, 30: 0.63},
    "arousal": {1: 0.58, 5: 0.582, 15: 0.594, 30: 0.60},
}
"""MAIC of the videos that Aff-Wild2 added, by size of the median filter; 1 is none (EXT 2018, section II.D.2)."""

DRAWN_VIDEOS = 12
"""Videos of each dimension whose traces are drawn: evenly from those agreed on least to those agreed on most."""

VIDEOS_NOTE = (
    "Correlation is the mean over pairs of annotators. Reliability is what the formula of Spearman and Brown gives for "
    "the mean of those kept: how it would correlate with the mean of as many others."
)

CORRELATION_SCALE = [[0.0, "#656f7d"], [0.5, "#2c66bd"], [1.0, "#14754c"]]
"""White is read on all of it, beside white and beside near-black."""

MEAN_COLOUR = figures.COLOURS[4]
OTHER_COLOURS = tuple(colour for colour in figures.COLOURS if colour != MEAN_COLOUR)

Record = Mapping[str, Any]


def agreement_report(records: Sequence[Record], settings: Mapping[str, Any], title: str, subtitle: str) -> Report:
    """The page from the records of ``affect.annotation.settle``; what is not known is left out."""
    size = int(settings["median_filter"])
    known = [dimension for dimension in VALENCE_AROUSAL if any(dimension in record["dimensions"] for record in records)]
    gathered = {dimension: joined(records, dimension) for dimension in known}
    faults = [fault for record in records for fault in record["set_aside"]]
    return Report(
        title=title,
        subtitle=subtitle,
        badges=[Badge(f"{len(faults)} set aside", "warn")] if faults else [],
        tiles=_tiles(records, gathered, size),
        sections=[
            Section(
                "Median filter",
                _filters(gathered),
                note="MAIC, the mean of annotators' average correlations with the others, over all videos. Beside it "
                "what the authors of Aff-Wild2 measured (EXT 2018, section II.D.2).",
            ),
            Section(
                "Annotators",
                [block for dimension in known for block in _annotators(dimension, gathered[dimension], size)],
                note=f"Correlations over the frames of all videos, after a median filter of {size} frames.",
            ),
            Section(
                "Traces",
                [block for dimension in known for block in _traces(records, dimension)],
                note="From the videos that annotators agree on least to those they agree on most. Dotted traces are "
                "not in the mean.",
            ),
            Section("Expressions and action units", _by_frame(records), note="Kept is what all annotators agree on."),
            Section("Videos", _videos(records, known), VIDEOS_NOTE, folded=len(records) > 2 * DRAWN_VIDEOS),
            Section("Set aside", _set_aside(faults)),
            Section("Settings", [Table(("key", "value"), list(flatten(dict(settings)).items()))], folded=True),
        ],
    )


def joined(records: Sequence[Record], dimension: str) -> dict[int, Agreement]:
    """Agreement over all videos by size of the median filter, in order of size."""
    gathered: dict[int, Agreement] = {}
    for record in records:
        for size, state in record["dimensions"].get(dimension, {}).get("agreement", {}).items():
            gathered.setdefault(int(size), Agreement()).merge(state)
    return dict(sorted(gathered.items()))


def _tiles(records: Sequence[Record], gathered: Mapping[str, Mapping[int, Agreement]], size: int) -> list[Tile]:
    names = {name for record in records for about in record["dimensions"].values() for name in about["annotators"]}
    tiles = [Tile("Videos", f"{len(records):,}")]
    if names:
        tiles.append(Tile("Annotators", str(len(names))))
    for dimension, by_size in gathered.items():
        maic = by_size[size].maic()
        if np.isfinite(maic):
            tiles.append(Tile(f"MAIC, {dimension}", f"{maic:.3f}", f"{by_size[1].maic():.3f} before filtering"))
    for dimension in gathered:
        frames = sum(record["dimensions"].get(dimension, {}).get("labelled", 0) for record in records)
        tiles.append(Tile(f"Frames, {dimension}", f"{frames:,}"))
    return tiles


def _filters(gathered: Mapping[str, Mapping[int, Agreement]]) -> list[Table | Figure]:
    measured = {
        dimension: {size: agreement.maic() for size, agreement in of.items()} for dimension, of in gathered.items()
    }
    measured = {dimension: of for dimension, of in measured.items() if np.isfinite(list(of.values())).any()}
    if not measured:
        return []
    sizes = sorted({size for of in measured.values() for size in of})
    columns = ["frames", *(f"{dimension}{which}" for dimension in measured for which in ("", ", published"))]
    rows = [
        [
            "no filter" if size == 1 else str(size),
            *(value for dimension, of in measured.items()
              for value in (round(of[size], 4), PUBLISHED_MAIC[dimension].get(size))),
        ]
        for size in sizes
    ]  # fmt: skip
    drawn = figures.figure("median filter, frames", "MAIC")
    for index, (dimension, of) in enumerate(measured.items()):
        colour = figures.COLOURS[index]
        for name, points, dash in (
            (dimension, of, "solid"),
            (f"{dimension}, published", PUBLISHED_MAIC[dimension], "dot"),
        ):
            drawn.add_scatter(
                x=list(points), y=list(points.values()), name=name, mode="lines+markers",
                line={"color": colour, "dash": dash, "width": 2}, marker={"size": 6},
            )  # fmt: skip
    drawn.update_xaxes(tickvals=sizes, ticktext=["none" if size == 1 else str(size) for size in sizes])
    return [Figure("MAIC by size of the filter", drawn, wide=True), Table(columns, rows)]


def _annotators(dimension: str, gathered: Mapping[int, Agreement], size: int) -> list[Figure]:
    agreement = gathered[size]
    names = agreement.annotators
    if len(names) < 2:
        return []
    averages = agreement.averages()
    matrix = [[None if a == b else agreement.correlation(a, b) for b in names] + [averages[a]] for a in names]
    columns = [*names, "average"]
    drawn = figures.figure(height=max(260, 120 + 34 * len(names)))
    drawn.add_heatmap(
        z=[[None if value is None or np.isnan(value) else value for value in row] for row in matrix],
        x=columns,
        y=names,
        zmin=0,
        zmax=1,
        colorscale=CORRELATION_SCALE,
        textfont={"color": "#ffffff"},
        text=[["" if value is None else f"{value:.2f}".replace("nan", NOTHING) for value in row] for row in matrix],
        texttemplate="%{text}",
        hovertemplate="%{y} with %{x}: %{text}<extra></extra>",
        xgap=2,
        ygap=2,
        showscale=False,
    )
    drawn.update_xaxes(type="category", showgrid=False)
    drawn.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return [Figure(dimension.capitalize(), drawn)]


def _traces(records: Sequence[Record], dimension: str) -> list[Figure]:
    drawable = [record for record in records if record["dimensions"].get(dimension, {}).get("frames")]
    ordered = sorted(drawable, key=lambda record: record["dimensions"][dimension]["correlation"] or 0.0)
    places = np.linspace(0, len(ordered) - 1, min(DRAWN_VIDEOS, len(ordered))).round().astype(int).tolist()
    return [_drawn(ordered[place], dimension) for place in places]


def _drawn(record: Record, dimension: str) -> Figure:
    about = record["dimensions"][dimension]
    drawn = figures.figure("frame", dimension)
    frames = about["drawn"]["frames"]
    for index, (name, values) in enumerate(about["drawn"]["annotators"].items()):
        kept = name in about["kept"]
        line = {"color": OTHER_COLOURS[index % len(OTHER_COLOURS)], "width": 1.2, "dash": "solid" if kept else "dot"}
        drawn.add_scatter(x=frames, y=values, name=name, mode="lines", line=line, opacity=0.9 if kept else 0.6)
    label = "mean" if len(about["kept"]) > 1 else "label"
    thick = {"color": MEAN_COLOUR, "width": 3}
    drawn.add_scatter(x=frames, y=about["drawn"]["mean"], name=label, mode="lines", line=thick)
    drawn.update_yaxes(range=_range(drawn))
    correlation = NOTHING if about["correlation"] is None else f"{about['correlation']:.2f}"
    note = f"{dimension}; mean correlation {correlation}, {len(about['kept'])} kept"
    return Figure(record["name"], drawn, note)


def _range(drawn: go.Figure) -> list[float]:
    """The values and a little room, within the annotation's bounds."""
    values = [value for trace in drawn.data for value in trace.y if value is not None]
    return [max(-1.05, min(values, default=-1) - 0.1), min(1.05, max(values, default=1) + 0.1)]


def _by_frame(records: Sequence[Record]) -> list[Table]:
    rows = []
    for name in ("expression", "action_units"):
        known = [record["by_frame"][name] for record in records if name in record["by_frame"]]
        if known:
            frames, agreed = (sum(about[key] for about in known) for key in ("frames", "agreed"))
            share = f"{agreed / frames:.1%}" if frames else NOTHING
            rows.append([name.replace("_", " "), len(known), f"{frames:,}", f"{agreed:,}", share])
    return [Table(("", "videos", "frames annotated", "frames kept", "share"), rows)] if rows else []


def _videos(records: Sequence[Record], known: Sequence[str]) -> list[Table]:
    rows = [
        [
            record["name"],
            dimension,
            about["correlation"],
            about["reliability"],
            about["labelled"],
            about["frames"],
            ", ".join(about["kept"]),
            ", ".join(name for name in about["annotators"] if name not in about["kept"]),
            record["split"],
        ]
        for record in records
        for dimension in known
        if (about := record["dimensions"].get(dimension)) is not None
    ]
    columns = "video", "", "correlation", "reliability", "frames labelled", "of", "kept", "left out", "split"
    return [Table(columns, rows)] if rows else []


def _set_aside(faults: Sequence[tuple[str, str]]) -> list[Table]:
    """One column, since reasons name their files already and two do not fit a narrow page."""
    told = [[reason if str(what) in str(reason) else f"{what}: {reason}"] for what, reason in faults]
    return [Table(("what, and why",), told)] if told else []
