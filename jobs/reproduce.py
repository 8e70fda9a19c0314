"""Fill the papers' tables: ``python -m jobs.reproduce --paper bmvc2019 --table 8 --data ROWS --out URI``.

Each figure of the papers' own is the run of a recipe and an evaluation, done once below ``--out`` and shared by all
figures that rest on it; the same command goes on where it was. What cannot be had says what it needs.
"""

import functools
import json
import logging
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from affect import storage
from affect.catalogue.published_results import Result, published_results, published_tables
from affect.command_line import run_app
from affect.errors import AffectError
from affect.reports.report import write
from affect.reports.reproduction_report import (
    Papered,
    counts,
    figures_csv,
    markdown,
    reproduction_report,
)
from affect.reproduction.cells import Cell, Way, figure_of
from affect.reproduction.holdings import look_at
from affect.reproduction.protocol import Protocol
from affect.reproduction.route import Means, Route, Training, command, departing, find_route
from affect.runs import finished
from affect.training.settings import Chain, TrainConfig
from jobs.recipes import recipe
from jobs.recipes.protocols import protocol_of
from jobs.reproduction_runs import Runs, commands, in_order, metrics_of, run_all, steps_of
from jobs.sample_figures import fill_samples

logger = logging.getLogger("affect")
app = typer.Typer(add_completion=False, help=__doc__)

PARTIAL = "partial.json"
"""In the results' folder: by recipe the --set of its partial figures, so that they are found again."""


class Tables:
    """The chosen tables, and the ways to their figures."""

    def __init__(self, paper: str, table: str, means: Means, runs: Runs, settings: Sequence[str]) -> None:
        self.results = published_results(paper, table)
        self.means, self.runs, self.settings = means, runs, tuple(settings)
        self.wanted: dict[str, list[str]] = {}
        """Of this call, by recipe the settings of partial figures."""
        self.partial = self._kept()
        self._ways: dict[Protocol, tuple[Route, Route | None]] = {}
        self._read: dict[str, dict[str, Any]] = {}

    def ways(self, protocol: Protocol) -> tuple[Route, Route | None]:
        """The way to the figure itself, and to a partial one where such are wanted of its recipe."""
        if protocol not in self._ways:
            config = _recipe(protocol.recipe)
            kept = tuple(one for one in self.settings if one not in departing(self.settings))
            whole = find_route(config, protocol, self.means, kept)
            near = None
            settings = self.partial.get(protocol.recipe)
            if settings is not None:
                found = find_route(config, protocol, self.means, settings, partial=True)
                near = found if found.departures and not found.missing else None
            self._ways[protocol] = whole, near
        return self._ways[protocol]

    def chosen(self, words: Sequence[str]) -> list[Protocol]:
        """Protocols of the figures with every one of ``words`` in their network, corpus or recipe, in their order."""
        found: dict[Protocol, None] = {}
        for result in self.results:
            protocol = None if result.peer else protocol_of(result)
            if isinstance(protocol, Protocol):
                told = f"{result.network} {result.label} {result.column.corpus} {protocol.recipe}".lower()
                if all(word.lower() in told for word in words):
                    found[protocol] = None
        return list(found)

    def want_partial(self, protocols: Sequence[Protocol], settings: Sequence[str]) -> None:
        """Partial figures of these protocols' recipes, with ``settings``; ``write`` keeps them for the next time."""
        self.wanted = {one.recipe: list(settings) for one in protocols}
        self.partial |= self.wanted
        self._ways.clear()

    def _kept(self) -> dict[str, list[str]]:
        """By recipe the settings of the partial figures of earlier calls, and of others that go on beside this one."""
        place = storage.join(self.means.out, PARTIAL)
        kept: dict[str, list[str]] = json.loads(storage.read_text(place)) if storage.exists(place) else {}
        return kept

    def cells(self) -> list[Papered]:
        """Every table with what there is now."""
        by_table: dict[tuple[str, str], list[Result]] = {}
        for result in self.results:
            by_table.setdefault((result.paper, result.table), []).append(result)
        return [
            Papered(
                paper,
                number,
                published_tables()[paper][number],
                {(one.network, one.column): self._cell(one) for one in results},
            )
            for (paper, number), results in by_table.items()
        ]

    def _cell(self, result: Result) -> Cell:
        protocol = None if result.peer else protocol_of(result)
        if not isinstance(protocol, Protocol):
            return Cell(result, protocol)
        whole, near = self.ways(protocol)
        return Cell(result, protocol, self._way(whole, result), self._way(near, result) if near else None)

    def _way(self, route: Route, result: Result) -> Way:
        if route.missing:
            return Way(route)
        metrics = self._metrics(route)
        if metrics is None:
            return Way(route, failure=self.runs.failure(route))
        figure = figure_of(metrics, route.measurements[0].corpus, result.column.metric)
        lacking = "" if figure else f"its rows have no {result.column.metric.replace('_', ' ')}"
        return Way(route, figure, lacking, commands(route, _command))

    def _metrics(self, route: Route) -> dict[str, Any] | None:
        """Of a route that is done; they never change then."""
        if route.uri not in self._read:
            metrics = metrics_of(route)
            if metrics is None:
                return None
            self._read[route.uri] = metrics
        return self._read[route.uri]

    def write(self) -> list[Papered]:
        """Leave the tables as they are now as a page, Markdown and CSV."""
        self.partial = self._kept() | self.wanted
        self._ways.clear()
        tables, out = self.cells(), self.means.out
        storage.write_text(storage.join(out, PARTIAL), json.dumps(self.partial, indent=1) + "\n")
        rows = ", ".join(self.means.holdings.corpora) or "no corpus"
        subtitle = f"Filled from rows of {rows}. {out}"
        write(reproduction_report(tables, subtitle), storage.join(out, "report.html"))
        storage.write_text(storage.join(out, "report.md"), markdown(tables, subtitle))
        storage.write_text(storage.join(out, "figures.csv"), figures_csv(tables))
        return tables


@functools.cache
def _recipe(name: str) -> TrainConfig | Chain:
    return recipe(name)


def _command(training: Training) -> str:
    base = _recipe(training.config.recipe)
    assert isinstance(base, TrainConfig)
    return command(training, base)


@app.command()
def main(
    out: Annotated[str, typer.Option(help="folder of the results, a local path or s3://bucket/path")],
    data: Annotated[list[str] | None, typer.Option(help="folder written by jobs.preprocess; may be repeated")] = None,
    paper: Annotated[
        str, typer.Option(help="ijcv2019, ext2018, bmvc2019, fbn2019 or leaderboard; all without it")
    ] = "",
    table: Annotated[str, typer.Option(help="number of a table as printed, 8 or IV; all without it")] = "",
    only: Annotated[
        list[str] | None, typer.Option(help="run only figures with this in network, corpus or recipe; may be repeated")
    ] = None,
    weights: Annotated[
        list[str] | None, typer.Option(help="NAME=URI, weights that recipes begin with, for example vgg-face=URI")
    ] = None,
    rows: Annotated[
        list[str] | None, typer.Option(help="RECIPE=FOLDER, rows for one recipe whose labels are made otherwise")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="key=value for every training; what it learns needs --partial")
    ] = None,
    partial: Annotated[
        bool, typer.Option(help="also run what departs from the papers, in a column of its own")
    ] = False,
    plan: Annotated[bool, typer.Option(help="show what would be run and what is missing, and end")] = False,
    only_collect: Annotated[bool, typer.Option(help="run nothing, fill the tables from what is there")] = False,
    local: Annotated[
        bool, typer.Option(help="train in this process, for short runs; a cut off one begins anew")
    ] = False,
) -> None:
    """Fill the tables of the papers from the rows in --data; of synthetic rows a table of their own."""
    settings = set_ or []
    holdings = look_at(data or [])
    out = storage.absolute(out)
    runs = Runs(out, local=local)
    if holdings.synthetic:
        fill_samples(paper, table, only or [], holdings, runs, settings, plan=plan, only_collect=only_collect)
        return
    if departing(settings) and not partial:
        raise AffectError(
            f"--set {departing(settings)[0]} changes what is learnt: no figure of the papers' tables; add --partial to "
            "have it in a column of its own"
        )
    own_rows = {name: look_at([folder]) for name, folder in _pairs(rows or [], "--rows").items()}
    means = Means(holdings, out, _pairs(weights or [], "--weights"), own_rows)
    tables = Tables(paper, table, means, runs, settings)
    chosen = tables.chosen(only or [])
    if not chosen and only:
        raise AffectError(f"no figure of these tables has {' and '.join(only)} in its network, corpus or recipe")
    if partial:
        tables.want_partial(chosen, settings)
    routes = [_to_run(*tables.ways(one), partial=partial, departs=bool(departing(settings))) for one in chosen]
    wanted = list({route.uri: route for route in routes if route}.values())
    if plan:
        show_plan(wanted, tables.cells())
        return
    if not only_collect:
        run_all(wanted, runs, tables.write)
    told = counts(tables.write())
    logger.info(
        "%d figures of the papers' own: %d measured, %d partial, %d to be run, %d failed, %d need something",
        *(told[name] for name in ("own", "done", "partial", "open", "failed", "needs")),
    )
    Console().print(f"report: {storage.join(out, 'report.html')}", soft_wrap=True)


def _to_run(whole: Route, near: Route | None, *, partial: bool, departs: bool) -> Route | None:
    if not whole.missing and not departs:
        return whole
    return near if partial else None


def show_plan(wanted: Sequence[Route], tables: Sequence[Papered]) -> None:
    """Print every training that would be run with its steps, and what is missing for the other figures."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    shown = Table("training", "on", "steps", "state", title="what would be run", title_justify="left")
    for training in in_order(wanted):
        done = finished(training.uri)
        held = ", ".join(training.config.corpora) or "all rows"
        shown.add_row(training.name, held, "" if done else steps_of(training), "done" if done else "to run")
    if shown.row_count:
        console.print(shown)
    left = [one for route in wanted for one in route.measurements if not finished(one.uri)]
    console.print(f"{len(in_order(wanted))} trainings, then {len(left)} evaluations")
    waiting: dict[tuple[str, str], int] = {}
    for one in (each for table in tables for each in table.cells.values()):
        for missing in one.missing:
            waiting[missing.what, missing.how] = waiting.get((missing.what, missing.how), 0) + 1
    lacks = Table("missing", "figures that wait", "how to get it", title="what is missing", title_justify="left")
    for (what, how), count in sorted(waiting.items(), key=lambda item: -item[1]):
        lacks.add_row(what, str(count), how)
    if lacks.row_count:
        console.print(lacks)


def _pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    for text in texts:
        if "=" not in text:
            raise AffectError(f"{option} {text!r} has no '='; write it as NAME=URI")
    return {name: uri for name, _, uri in (text.partition("=") for text in texts)}


if __name__ == "__main__":
    run_app(app)
