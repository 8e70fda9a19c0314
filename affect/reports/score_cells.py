"""Metrics of an evaluation as cells of tables, the same on its page, in the terminal and on a model's card."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from affect.reports.report import cell


def judged_by(row: Mapping[str, Any]) -> str:
    """The metric of a row of the metrics' "default"."""
    return f"{row['metric']} of videos" if row["of"] == "videos" else str(row["metric"])


def score_columns(metrics: Mapping[str, Any], views: Mapping[str, str]) -> list[str]:
    """What columns of scores are called: the views, with intervals after the first, and at last the folds."""
    first, *others = views.values()
    interval = [f"{metrics['intervals']['level']:.0%} interval"] if have_intervals(metrics) else []
    return [first, *interval, *others, *(["mean of folds"] if metrics.get("folds") else [])]


def scores(
    metrics: Mapping[str, Any],
    values: Mapping[str, Any],
    ends: Sequence[float] | None,
    views: Mapping[str, str],
    folds: Mapping[str, Any] | None = None,
) -> list[Any]:
    """Cells of a row below ``score_columns``: ``values`` by view, the interval of the first, the mean of ``folds``."""
    first, *others = (values[view] for view in views)
    interval = [next(iter(ends_of(ends)), None)] if have_intervals(metrics) else []
    return [first, *interval, *others, *([_mean_of(folds or {})] if metrics.get("folds") else [])]


def default_scores(metrics: Mapping[str, Any], row: Mapping[str, Any], views: Mapping[str, str]) -> list[Any]:
    """``scores`` of a row of the metrics' "default"."""
    return scores(metrics, row, row["interval"], views, row.get("folds"))


def scores_of(metrics: Mapping[str, Any], metric: str, views: Mapping[str, str]) -> list[Any]:
    """``scores`` of a metric over all corpora."""
    values = {view: metrics[view].get(metric) for view in views}
    folds = {kind: of[metric] for kind, of in metrics.get("folds", {}).items() if kind != "runs" and metric in of}
    return scores(metrics, values, metrics["intervals"]["faces"].get(metric), views, folds)


def _mean_of(folds: Mapping[str, Any]) -> str | None:
    if folds.get("mean") is None:
        return None
    spread = folds.get("deviation")
    return cell(folds["mean"]) + ("" if spread is None else f" \N{PLUS-MINUS SIGN}\N{NO-BREAK SPACE}{spread:.3f}")


def have_intervals(metrics: Mapping[str, Any]) -> bool:
    return any(of["intervals"] for of in metrics["corpora"].values())


def ends_of(ends: Sequence[float] | None) -> list[str]:
    return [] if ends is None else [f"{ends[0]:.3f}\N{NO-BREAK SPACE}to\N{NO-BREAK SPACE}{ends[1]:.3f}"]


def with_ends(values: Mapping[str, Any], intervals: Mapping[str, Any], key: str) -> str:
    return cell(values.get(key)) + "".join(f" ({text})" for text in ends_of(intervals.get(key)))


GROUP_METRICS = ("valence_ccc", "arousal_ccc", "expression_macro_f1", "expression_accuracy", "action_units_f1",
                 "compound_macro_f1")  # fmt: skip


def group_tables(metrics: Mapping[str, Any]) -> dict[str, tuple[list[str], list[list[Any]]]]:
    """Of each column of groups a table: its columns, a group each, and its rows, counts and then a metric each."""
    made = {}
    for name, of in metrics.get("groups", {}).items():
        groups = of["groups"]
        judged = {row["metric"] for row in metrics["default"] if row["of"] == "frames"}
        known = [
            key
            for key in metrics["faces"]
            if (key in judged or key in GROUP_METRICS) and any(key in group["faces"] for group in groups.values())
        ]
        rows: list[list[Any]] = [
            [count, *(found[count] for found in groups.values()), "", ""] for count in ("rows", "videos", "pictures")
        ]
        for key in known:
            apart = of["differences"].get(key)
            cells = [with_ends(found["faces"], found["intervals"], key) for found in groups.values()]
            rows.append(
                [key, *cells, None, None] if apart is None else [key, *cells, apart["difference"], _best_worst(apart)]
            )
        titles = [group + (" (small)" if found["small"] else "") for group, found in groups.items()]
        made[name] = ([name, *titles, "best less worst", "best, worst"], rows)
    return made


def _best_worst(apart: Mapping[str, Any]) -> str:
    return f"{apart['best']}, {apart['worst']}" + (" (small)" if apart["of_small_groups"] else "")


def about_intervals(metrics: Mapping[str, Any]) -> str:
    """How the intervals were made, where there are any."""
    if not have_intervals(metrics):
        return ""
    made = metrics["intervals"]
    units = ", ".join(f"{_span(of.values())} of {corpus}" for corpus, of in made["units"].items() if of)
    return f"Intervals: {made['method']}, {made['resamples']:,} times: {units}."


def _span(counts: Collection[int]) -> str:
    """Outputs differ in how many are annotated with them."""
    least, most = min(counts), max(counts)
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"
