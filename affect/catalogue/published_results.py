"""Every figure that the papers' tables print, from published_results.yaml, checked."""

import functools
import math
from dataclasses import dataclass
from importlib import resources
from typing import Self

import yaml
from pydantic import model_validator

from affect.catalogue import PAPERS
from affect.configuration import Configuration
from affect.errors import AffectError
from affect.labels import EXPRESSIONS
from affect.networks.spec import Head
from affect.registry import look_up

LEADERBOARD = "leaderboard"
"""Beside the papers of the catalogue: a list of benchmarks that repeats figures of BMVC 2019."""

SPLITS = ("test", "validation", "cross-validation", "unstated")

NONE = "-"
PERCENT = "percent"

CLASS_ACCURACY = "expression_accuracy_"
"""Before the name of an expression: the share of that class which was recognised (IJCV 2019, Table 18)."""

_METRICS: dict[Head, tuple[str, ...]] = {
    "valence_arousal": tuple(
        f"{quantity}_{name}" for name in ("ccc", "mse", "pearson") for quantity in ("valence", "arousal")
    ),
    "expression": (
        "expression_accuracy", "expression_macro_f1", "expression_mean_diagonal",
        *(CLASS_ACCURACY + name for name in EXPRESSIONS),
    ),
    "action_units": ("action_units_f1", "action_units_accuracy"),
    "compound": ("compound_macro_f1", "compound_unweighted_average_recall", "compound_mean_diagonal"),
}  # fmt: skip

HEADS: dict[str, Head] = {metric: head for head, metrics in _METRICS.items() for metric in metrics}
"""The output of a network that each metric of the tables judges."""

CORPORA = (
    "aff-wild", "aff-wild2", "affectnet", "raf-db", "raf-db-compound", "fer2013", "imfdb", "emotionet",
    "emotionet-compound", "disfa", "bp4d", "bp4d-plus", "afew", "afew-va", "recola", "affectnet-8",
)  # fmt: skip
"""Corpora of the tables, by their names in affect.corpora; "affectnet-8", with contempt, is the leaderboard's only."""


@dataclass(frozen=True)
class Column:
    """What the figures of one column are: of which corpus and split, by which metric."""

    corpus: str
    split: str
    metric: str
    percent: bool = False

    @property
    def head(self) -> Head:
        return HEADS[self.metric]

    @property
    def bounds(self) -> tuple[float, float]:
        """What the metric can be: MSE of values in [-1, 1] is at most 4."""
        if self.metric.endswith("_mse"):
            return 0.0, 4.0
        return (-1.0, 1.0) if self.metric.endswith(("_ccc", "_pearson")) else (0.0, 1.0)


@dataclass(frozen=True)
class Result:
    """One printed figure."""

    paper: str
    table: str
    network: str
    label: str
    """The network's name as printed."""
    peer: bool
    column: Column
    printed: str

    @property
    def value(self) -> float:
        return float(self.printed) / (100 if self.column.percent else 1)

    @property
    def key(self) -> tuple[str, ...]:
        column = self.column
        return self.paper, self.table, column.corpus, column.split, column.metric, self.network


class NetworkLine(Configuration):
    """The figures of one network."""

    network: str
    label: str
    peer: bool = False
    values: str


class ResultTable(Configuration):
    """One table of a paper; of a figure that is not there the value is NONE."""

    title: str
    networks_across: bool = False
    """In print the networks are the columns."""
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...]
    networks: tuple[NetworkLine, ...]

    @property
    def parsed_columns(self) -> list[Column]:
        return [_column(text) for text in self.columns]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        parsed = self.parsed_columns
        for line in self.networks:
            if len(line.values.split()) != len(parsed):
                raise ValueError(f"{line.network} has {len(line.values.split())} values for {len(parsed)} columns")
            for column, printed in zip(parsed, line.values.split(), strict=True):
                if printed != NONE:
                    _check(line.network, column, printed)
        names = [(line.network, column) for line in self.networks for column in parsed]
        if len(set(names)) < len(names):
            raise ValueError("a network or a column stands there twice")
        return self

    def results(self, paper: str, table: str) -> list[Result]:
        """Network by network, column by column."""
        return [
            Result(paper, table, line.network, line.label, line.peer, column, printed)
            for line in self.networks
            for column, printed in zip(self.parsed_columns, line.values.split(), strict=True)
            if printed != NONE
        ]


def _column(text: str) -> Column:
    corpus, split, metric, *rest = text.split()
    for name, known in (("corpus", (corpus, CORPORA)), ("split", (split, SPLITS)), ("metric", (metric, HEADS))):
        if known[0] not in known[1]:
            raise ValueError(f"column {text!r} has the unknown {name} {known[0]!r}")
    if rest not in ([], [PERCENT]):
        raise ValueError(f"column {text!r} ends in {' '.join(rest)!r}; only {PERCENT!r} may stand there")
    return Column(corpus, split, metric, bool(rest))


def _check(network: str, column: Column, printed: str) -> None:
    low, high = column.bounds
    value = float(printed) / (100 if column.percent else 1)
    if not math.isfinite(value) or not low <= value <= high:
        raise ValueError(f"{network}: {column.metric} of {printed} is not between {low:g} and {high:g}")


@functools.lru_cache
def published_tables() -> dict[str, dict[str, ResultTable]]:
    """Every table by paper and number, in the papers' order. Raises AffectError for a fault in the file."""
    text = resources.files("affect.catalogue").joinpath("published_results.yaml").read_text("utf-8")
    data = yaml.safe_load(text)
    if unknown := sorted(set(data) - {*PAPERS, LEADERBOARD}):
        raise AffectError(f"published_results.yaml has the unknown papers {', '.join(unknown)}")
    return {
        paper: {number: ResultTable.parse(table) for number, table in tables.items()} for paper, tables in data.items()
    }


def published_results(paper: str = "", table: str = "") -> list[Result]:
    """Every printed figure, of one paper and table where they are named.

    Raises AffectError with the nearest name where there is no such paper or table.
    """
    tables = published_tables()
    chosen = {paper: look_up(tables, paper, "paper")} if paper else tables
    if table:
        chosen = {name: {table: of[table]} for name, of in chosen.items() if table in of}
        if not chosen:
            known = {number: None for of in ([tables[paper]] if paper else tables.values()) for number in of}
            look_up(known, table, f"table with results{f' in {paper}' if paper else ''}")
    return [
        result
        for name, of in chosen.items()
        for number, printed in of.items()
        for result in printed.results(name, number)
    ]
