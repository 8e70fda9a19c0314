"""What is counted in a corpus beside what the papers print of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from affect.checking.tally import Tally
from affect.corpora.published import Published
from affect.corpora.splits import SPLITS
from affect.reports.report import Badge, Table

ABOUT = 0.03
"""A printed number that is rounded agrees with what is within so much of it: "12.2K" may be 12,271."""


def comparison_columns(measured: Sequence[str]) -> list[str]:
    """The head of a table of ``comparison_rows``."""
    return ["", "published", *(part for name in measured for part in (name, "difference")), "", "where"]


def comparison_rows(published: Published, tallies: Mapping[str, Tally]) -> list[list[Any]]:
    """A row for each printed number: what, the number, each of ``tallies`` with its difference, a badge, the place.

    The badge is of the first of ``tallies``: it agrees, differs, or is not told by the corpus as it lies here.
    """
    rows = []
    for count in published.counts:
        cells: list[Any] = []
        measured = [tally.measured(count) for tally in tallies.values()]
        for number in measured:
            cells += [_number(number), None if number is None else f"{number - count.value:+,}".replace("+0", "0")]
        number = measured[0]
        if number is None:
            badge = Badge("not here")
        elif abs(number - count.value) <= (ABOUT * count.value if count.about else 0):
            badge = Badge("agrees", "good")
        else:
            badge = Badge("differs", "warn")
        about = "about " if count.about else ""
        rows.append([count.what, f"{about}{count.value:,}", *cells, badge, count.where])
    return rows


def split_rows(tally: Tally) -> list[list[Any]]:
    """A row for each split, and one for all where there are several: media, people, and labels by task."""
    rows = []
    splits = sorted(tally.splits, key=lambda split: (*ORDER, split).index(split))
    parts = [(split, tally.splits[split]) for split in splits]
    for name, counts in [*parts, ("all", tally.total())] if len(parts) != 1 else parts:
        numbers = [counts.videos, counts.frames, counts.pictures, len(counts.subjects), *counts.labelled.values()]
        rows.append([name, *map(_number, numbers)])
    return rows


def split_table(tallies: Mapping[str, Tally]) -> Table:
    """``split_rows`` of each of ``tallies`` under their names, without the columns that are empty in all."""
    several = len(tallies) > 1
    rows = [[*([name] if several else []), *row] for name, tally in tallies.items() for row in split_rows(tally)]
    head = [*([""] if several else []), *SPLIT_COLUMNS]
    keep = [place for place in range(len(head)) if any(row[place] not in (None, "0") for row in rows)]
    return Table([head[place] for place in keep], [[row[place] for place in keep] for row in rows])


ORDER = (*SPLITS, "unlabelled")

SPLIT_COLUMNS = (
    "split", "videos", "their frames", "pictures", "subjects",
    "with valence and arousal", "with an expression", "with action units", "with a compound expression",
)  # fmt: skip


def _number(value: int | None) -> str | None:
    return f"{value:,}" if value else "0" if value == 0 else None
