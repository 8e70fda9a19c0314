"""What the papers' recipes come to on synthetic rows: a table of its own, beside no printed figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from affect.reports.report import Badge, Report, Section, Table, Text, Tile
from affect.reports.reproduction_report import figure_text, shortened
from affect.reproduction.cells import Figure

NOTE = (
    "The rows are synthetic. Each recipe runs in its small preset, an eighth as wide, and is measured on the test "
    "split of the same rows. The figures show that the recipe runs and learns, and say nothing of people: they are no "
    "figures of the papers' tables and stand beside none."
)

COLUMNS = ("recipe", "metric", "figure", "replaced")


@dataclass(frozen=True)
class SampleLine:
    """One recipe's figures by metric; without any, why, or that it has not run."""

    recipe: str
    figures: tuple[tuple[str, Figure], ...] = ()
    replaced: tuple[str, ...] = ()
    """What the preset puts in place of what the rows lack."""
    failure: str = ""
    commands: tuple[str, ...] = ()


def sample_rows(lines: Sequence[SampleLine]) -> list[list[Any]]:
    """A row for each figure, and one for each recipe that has none."""
    rows: list[list[Any]] = []
    for line in lines:
        replaced = "; ".join(line.replaced)
        rows += [[line.recipe, metric, figure_text(figure), replaced] for metric, figure in line.figures]
        if not line.figures:
            rows.append([line.recipe, "", Badge("failed", "bad") if line.failure else Badge("not run yet"), replaced])
    return rows


def sample_report(lines: Sequence[SampleLine], subtitle: str) -> Report:
    """The page of the recipes on synthetic rows."""
    failed = [[line.recipe, shortened(line.failure)] for line in lines if line.failure and not line.figures]
    commands = [text for line in lines if line.figures for text in (f"# {line.recipe}", *line.commands, "")]
    return Report(
        title="The recipes on synthetic rows",
        subtitle=subtitle,
        badges=[Badge("SYNTHETIC", "warn")],
        tiles=[
            Tile("recipes", str(len(lines))),
            Tile("ran", str(sum(bool(line.figures) for line in lines))),
            Tile("failed", str(len(failed))),
        ],
        links={"Markdown": "report.md", "CSV": "figures.csv"},
        sections=[
            Section(
                "Figures",
                [
                    Table(COLUMNS, sample_rows(lines)),
                    *([Table(["set aside", "because"], failed)] if failed else []),
                    *([Text("Commands behind the figures", "\n".join(commands[:-1]))] if commands else []),
                ],
                note=NOTE,
            )
        ],
    )
