"""What jobs.reproduce makes of synthetic rows: the recipes' small presets, in a table of their own."""

import csv
import io
import logging
from collections.abc import Sequence
from typing import Any

from rich.console import Console

from affect import storage
from affect.catalogue.published_results import published_results
from affect.errors import AffectError
from affect.reports.report import write
from affect.reports.reproduction_report import markdown_table
from affect.reports.sample_report import COLUMNS, NOTE, SampleLine, sample_report, sample_rows
from affect.reproduction.cells import Figure
from affect.reproduction.holdings import Holdings
from affect.reproduction.protocol import Protocol
from affect.reproduction.route import Means, Route, Training, command, find_route
from affect.runs import REPORT, finished
from affect.training.settings import Chain, TrainConfig
from jobs.recipes import TRAIN_RECIPES, recipe
from jobs.recipes.protocols import protocol_of
from jobs.recipes.sample import replaced
from jobs.reproduction_runs import Runs, commands, in_order, metrics_of, run_all, steps_of

logger = logging.getLogger("affect")

IDENTITIES = "pretrain-identity/"
"""Recipes that tell people apart, of which the papers print no figure."""


def sample_recipes(paper: str, table: str, only: Sequence[str]) -> list[str]:
    """Recipes behind the figures of ``paper`` and ``table``, or all, with every one of ``only`` in their names.

    Raises AffectError where there is none.
    """
    if paper or table:
        protocols = [protocol_of(one) for one in published_results(paper, table) if not one.peer]
        names = list(dict.fromkeys(one.recipe for one in protocols if isinstance(one, Protocol)))
    else:
        names = [name for name in TRAIN_RECIPES if not name.startswith((IDENTITIES, "sample/"))]
    kept = [name for name in names if all(word in name for word in only)]
    if not kept:
        raise AffectError(f"no recipe has {' and '.join(only)} in its name; python -m jobs.train --list shows them")
    return kept


def fill_samples(
    paper: str,
    table: str,
    only: Sequence[str],
    holdings: Holdings,
    runs: Runs,
    settings: Sequence[str],
    *,
    plan: bool,
    only_collect: bool,
) -> None:
    """Run the small preset of each recipe on synthetic rows, and leave a table of what came of them."""
    names = sample_recipes(paper, table, only)
    routes = {name: _route(name, Means(holdings, runs.out), settings) for name in names}
    wanted = [route for route in routes.values() if not route.missing]
    if plan:
        console = Console(highlight=False)
        for training in in_order(wanted):
            console.print(training.name, "done" if finished(training.uri) else f"{steps_of(training)} steps")
        console.print(f"{len(in_order(wanted))} trainings of {len(names)} recipes")
        return
    subtitle = f"Filled from synthetic rows of {', '.join(holdings.corpora)}. {runs.out}"

    def leave() -> None:
        _write([_line(name, route, runs) for name, route in routes.items()], subtitle, runs.out)

    if not only_collect:
        run_all(wanted, runs, leave)
    leave()
    Console().print(f"report: {storage.join(runs.out, REPORT)}", soft_wrap=True)


def _route(name: str, means: Means, settings: Sequence[str]) -> Route:
    corpora = [one for one in means.holdings.corpora if one != "sample-identities"]
    corpus = "sample" if "sample" in corpora or not corpora else corpora[0]
    return find_route(recipe(name, small=True), Protocol(name, corpus, "test"), means, settings)


def _line(name: str, route: Route, runs: Runs) -> SampleLine:
    whole = recipe(name)
    stages = list(whole.stages.values()) if isinstance(whole, Chain) else [whole]
    told = tuple(dict.fromkeys(one for stage in stages for one in replaced(stage)))
    if route.missing:
        return SampleLine(name, (), told, f"needs {', '.join(one.what for one in route.missing)}")
    metrics = metrics_of(route)
    if metrics is None:
        return SampleLine(name, (), told, runs.failure(route))
    return SampleLine(name, tuple(map(_figure, metrics["default"])), told, "", commands(route, _command))


def _figure(row: dict[str, Any]) -> tuple[str, Figure]:
    low, high = row["interval"] or (None, None)
    return row["metric"].replace("_", " "), Figure(row["faces"], low, high)


def _command(training: Training) -> str:
    base = recipe(training.config.recipe.removesuffix("/small"), small=True)
    assert isinstance(base, TrainConfig)
    return command(training, base, small=True)


def _write(lines: Sequence[SampleLine], subtitle: str, out: str) -> None:
    write(sample_report(lines, subtitle), storage.join(out, REPORT))
    page = ["# The recipes on synthetic rows", "", subtitle, "", NOTE, "", *markdown_table(COLUMNS, sample_rows(lines))]
    storage.write_text(storage.join(out, "report.md"), "\n".join(page) + "\n")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("recipe", "metric", "value", "low", "high", "replaced", "failure", "commands"))
    for line in lines:
        for metric, figure in line.figures or [("", None)]:
            values = (figure.value, figure.low, figure.high) if figure else (None, None, None)
            numbers = ["" if value is None else f"{value:.6f}" for value in values]
            told = ["; ".join(line.replaced), " ".join(line.failure.split()), " && ".join(line.commands)]
            writer.writerow([line.recipe, metric, *numbers, *told])
    storage.write_text(storage.join(out, "figures.csv"), text.getvalue())
