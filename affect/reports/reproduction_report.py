"""The papers' tables with this system's figures beside the printed ones: a page, Markdown and CSV."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from affect.catalogue import PAPERS
from affect.catalogue.published_results import CLASS_ACCURACY, Column, ResultTable
from affect.reports.report import NOTHING, Badge, Block, Report, Section, Table, Text, Tile, cell
from affect.reproduction.cells import Cell, Figure, Way
from affect.reproduction.protocol import Copy
from affect.reproduction.route import title

HERE, PARTIAL, PRINTED = "here", "partial", "printed"

MANY = 3
"""So many missing things a cell names."""

REASON = 300
"""Characters of a failure's reason on the page."""

LEGEND = {
    PRINTED: "what the paper prints",
    HERE: "what this system measured in the paper's way, its 95 % interval and its difference to the printed figure; "
    "or what it needs for that, that it has not run yet, or that it failed",
    PARTIAL: "a figure that departs from the paper's way in all that is named below the table: it is no figure of the "
    "table, and is compared with none",
}

NAMES = {
    "ccc": "CCC", "mse": "MSE", "pearson": "Pearson", "macro_f1": "F1", "f1": "F1", "accuracy": "accuracy",
    "mean_diagonal": "mean diagonal", "unweighted_average_recall": "UAR",
}  # fmt: skip


@dataclass(frozen=True)
class Papered:
    """One table of a paper with its cells, by network and column."""

    paper: str
    number: str
    table: ResultTable
    cells: Mapping[tuple[str, Column], Cell]

    @property
    def heading(self) -> str:
        if self.paper not in PAPERS:
            return self.table.title
        return f"{self.paper} Table {self.number}: {self.table.title}"


@dataclass(frozen=True)
class Grid:
    """A table to be laid out: groups of columns, each with what it shows of its cells, and rows of them."""

    corner: str
    groups: list[tuple[str, list[str]]]
    rows: list[tuple[str, list[Any]]]


def grid_of(one: Papered) -> Grid:
    """Rows and columns as the paper has them; beside what it prints of its own networks what is here, and partial."""
    lines, columns = one.table.networks, one.table.parsed_columns
    across = one.table.networks_across
    outer: list[tuple[str, list[Cell | None]]] = []
    networks = [(line.label, line.network) for line in lines]
    if across:
        outer = [(label, [one.cells.get((name, column)) for column in columns]) for label, name in networks]
        names = [column_title(column) for column in columns]
    else:
        outer = [(column_title(column), [one.cells.get((name, column)) for _, name in networks]) for column in columns]
        names = [label for label, _ in networks]
    groups, parts = [], []
    for heading, cells in outer:
        shown = [PRINTED]
        if any(one is not None and one.state != "peer" for one in cells):
            shown.append(HERE)
        if any(one is not None and one.partial is not None for one in cells):
            shown.append(PARTIAL)
        groups.append((heading, shown))
        parts.append([[_shown(one, kind) for kind in shown] for one in cells])
    rows = [(name, [value for part in parts for value in part[place]]) for place, name in enumerate(names)]
    return Grid("corpus, metric" if across else "network", groups, rows)


def column_title(column: Column) -> str:
    """As ``FER2013 accuracy``, or ``Aff-Wild2 valence CCC (validation)`` where the paper has both splits."""
    corpus = "AffectNet 8-way" if column.corpus == "affectnet-8" else title(column.corpus)
    if column.metric.startswith(CLASS_ACCURACY):
        return f"{corpus} {column.metric.removeprefix(CLASS_ACCURACY)}"
    for head, told in (("valence_", "valence "), ("arousal_", "arousal "), ("action_units_", "AU ")):
        if column.metric.startswith(head):
            return f"{corpus} {told}{NAMES[column.metric.removeprefix(head)]} ({column.split})"
    _, _, metric = column.metric.partition("_")
    return f"{corpus} {NAMES[metric]} ({column.split})"


def _shown(one: Cell | None, kind: str) -> Any:
    """The text or badge of one part of a cell."""
    if one is None:
        return NOTHING
    if kind == PRINTED:
        return one.result.printed + (" %" if one.result.column.percent else "")
    if kind == PARTIAL:
        return "" if one.partial is None else _of_way(one.partial)
    if isinstance(one.protocol, Copy):
        return f"see {one.protocol.of.paper} Table {one.protocol.of.table}"
    if one.missing:
        return f"needs {_listed([missing.what for missing in one.missing])}"
    told = "" if one.whole is None else _of_way(one.whole)
    return told if one.difference is None else f"{told}, {one.difference:+.3f}"


def _listed(names: Sequence[str]) -> str:
    """All of a few names, of many the first; the page's end and the CSV have all."""
    if len(names) <= MANY:
        return ", ".join(names)
    return f"{', '.join(names[: MANY - 1])} and {len(names) - MANY + 1} more"


def _of_way(way: Way) -> Any:
    if way.figure:
        return figure_text(way.figure)
    return Badge("failed", "bad") if way.failure else Badge("not run yet", "plain")


def figure_text(figure: Figure) -> str:
    """As ``0.412 [0.398, 0.427]``."""
    ends = "" if figure.low is None or figure.high is None else f" [{figure.low:.3f}, {figure.high:.3f}]"
    return f"{figure.value:.3f}{ends}"


def counts(tables: Sequence[Papered]) -> dict[str, int]:
    """How many of the papers' own figures are in each state, and how many have a partial figure."""
    cells = [one for table in tables for one in table.cells.values()]
    states: Counter[str] = Counter(one.state for one in cells)
    return {
        "own": sum(states.values()) - states["peer"],
        "done": states["done"],
        "partial": sum(one.partial is not None and one.partial.figure is not None for one in cells),
        "open": states["open"],
        "failed": states["failed"] + sum(one.partial is not None and bool(one.partial.failure) for one in cells),
        "needs": states["needs"],
    }


def reproduction_report(tables: Sequence[Papered], subtitle: str) -> Report:
    """The page of the published tables."""
    told = counts(tables)
    sections = [_section(table) for table in tables]
    return Report(
        title="The papers' tables",
        subtitle=subtitle,
        tiles=[
            Tile("printed, of the papers' own", str(told["own"])),
            Tile("measured here", str(told["done"])),
            Tile("partial", str(told["partial"]), "compared with nothing"),
            Tile("to be run", str(told["open"])),
            Tile("failed", str(told["failed"])),
            Tile("need something", str(told["needs"])),
        ],
        links={"Markdown": "report.md", "CSV": "figures.csv"},
        sections=[
            Section(
                "How to read this", [Table(["column", "what stands in it"], [list(one) for one in LEGEND.items()])]
            ),
            *sections,
            Section("What is missing", [block] if (block := _missing(tables)) else []),
        ],
    )


def _section(one: Papered) -> Section:
    grid = grid_of(one)
    blocks: list[Block] = [
        Table(
            [grid.corner, *(part for _, parts in grid.groups for part in parts)],
            [[name, *values] for name, values in grid.rows],
            groups=[("", 1), *((heading, len(parts)) for heading, parts in grid.groups)],
        )
    ]
    if rows := partial_rows(one):
        blocks.append(Table(["partial figure", "value", "departs in"], rows))
    if failures := failure_rows(one):
        blocks.append(Table(["set aside", "because"], failures))
    if lines := command_lines(one):
        blocks.append(Text("Commands behind the figures", "\n".join(lines)))
    return Section(one.heading, blocks, note=" ".join(one.table.notes))


def partial_rows(one: Papered) -> list[list[str]]:
    """Of each partial figure what it is, its value, and where it departs."""
    return [
        [_name(each), figure_text(each.partial.figure), "; ".join(each.partial.route.departures)]
        for each in one.cells.values()
        if each.partial and each.partial.figure
    ]


def failure_rows(one: Papered) -> list[list[str]]:
    """Of each cell that was set aside what it is and why."""
    return [
        [_name(each), shortened(way.failure)]
        for each in one.cells.values()
        for way in (each.whole, each.partial)
        if way and way.failure and not way.figure
    ]


def shortened(failure: str) -> str:
    """The beginning of a long reason, on one line; ``set-aside/`` has all of it."""
    line = " ".join(failure.split())
    return line if len(line) <= REASON else f"{line[:REASON]} ... (set-aside/ has all of it)"


def command_lines(one: Papered) -> list[str]:
    """A comment naming each figure that is there, then the commands that give it."""
    lines: list[str] = []
    for each in one.cells.values():
        for kind, way in (("", each.whole), (", partial", each.partial)):
            if way and way.figure:
                lines += [f"# {_name(each)}{kind}", *way.commands, ""]
    return lines[:-1]


def _name(one: Cell) -> str:
    return f"{one.result.label}, {column_title(one.result.column)}"


def missing_rows(tables: Sequence[Papered]) -> list[list[str]]:
    """What is missing, how many figures wait for it, and how it is come by."""
    waiting: Counter[tuple[str, str]] = Counter()
    for table in tables:
        for one in table.cells.values():
            waiting.update({(each.what, each.how): 1 for each in one.missing})
    return [[what, str(count), how] for (what, how), count in waiting.most_common()]


def _missing(tables: Sequence[Papered]) -> Table | None:
    rows = missing_rows(tables)
    return Table(["needed", "figures that wait for it", "how to get it"], rows) if rows else None


def markdown(tables: Sequence[Papered], subtitle: str) -> str:
    """The same as a page in Markdown."""
    lines = ["# The papers' tables", "", subtitle, "", *(f"- *{name}*: {told}" for name, told in LEGEND.items()), ""]
    for one in tables:
        grid = grid_of(one)
        lines += [f"## {one.heading}", ""]
        lines += _markdown_grid(grid)
        if rows := partial_rows(one):
            lines += ["", *markdown_table(["partial figure", "value", "departs in"], rows)]
        if rows := failure_rows(one):
            lines += ["", *markdown_table(["set aside", "because"], rows)]
        lines += [f"\n- {note}" if place == 0 else f"- {note}" for place, note in enumerate(one.table.notes)]
        if commands := command_lines(one):
            lines += ["", "```", *commands, "```"]
        lines.append("")
    if rows := missing_rows(tables):
        lines += ["## What is missing", "", *markdown_table(["needed", "figures", "how to get it"], rows), ""]
    return "\n".join(lines)


def _markdown_grid(grid: Grid) -> list[str]:
    header = [grid.corner]
    for heading, parts in grid.groups:
        header += [heading if part == PRINTED else f"{heading}: {part}" for part in parts]
    return markdown_table(header, [[name, *values] for name, values in grid.rows])


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Lines of a table in Markdown."""

    def line(values: Sequence[Any]) -> str:
        texts = [value.text if isinstance(value, Badge) else cell(value) for value in values]
        return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |"

    return [line(header), "|" + "---|" * len(header), *map(line, rows)]


COLUMNS = (
    "paper", "table", "network", "label", "peer", "corpus", "split", "metric", "printed", "state",
    "here", "low", "high", "difference", "partial", "partial_low", "partial_high", "departures",
    "needs", "failure", "commands",
)  # fmt: skip


def figures_csv(tables: Sequence[Papered]) -> str:
    """A line for each printed figure; what is not there is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for table in tables:
        for one in table.cells.values():
            result, column = one.result, one.result.column
            here = one.whole.figure if one.whole and one.state == "done" else None
            near = one.partial.figure if one.partial else None
            ways = [way for way in (one.whole, one.partial) if way]
            writer.writerow(
                [
                    *(result.paper, result.table, result.network, result.label, "yes" if result.peer else "no"),
                    *(column.corpus, column.split, column.metric, result.printed, one.state),
                    *_numbers(here), "" if one.difference is None else f"{one.difference:.6f}",
                    *_numbers(near), "; ".join(one.partial.route.departures) if near and one.partial else "",
                    ", ".join(missing.what for missing in one.missing),
                    "; ".join(" ".join(way.failure.split()) for way in ways if way.failure and not way.figure),
                    " && ".join(line for way in ways if way.figure for line in way.commands),
                ]
            )  # fmt: skip
    return text.getvalue()


def _numbers(figure: Figure | None) -> list[str]:
    values = (figure.value, figure.low, figure.high) if figure else (None, None, None)
    return ["" if value is None else f"{value:.6f}" for value in values]
