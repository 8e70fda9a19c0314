"""The page of a check: what was found, of which kind how much, and the counts beside the published ones."""

from typing import Any

from affect.checking.comparison import comparison_columns, comparison_rows, split_rows, split_table
from affect.checking.findings import MEANINGS, Finding
from affect.checking.near import MOST_PAIRS
from affect.checking.whole import Check
from affect.corpora.published import published
from affect.labels import ACTION_UNITS, COMPOUND_EXPRESSIONS, EXPRESSIONS, action_unit_label
from affect.reports.report import Badge, Block, Report, Section, Table, Tile

SHOWN = 100
"""So many findings of a kind are on the page; all are in findings.csv."""

_GRAVE = {"missing", "unreadable", "duplicate across splits", "contradiction", "person in two splits", "error"}


def check_report(check: Check, root: str, synthetic: bool) -> Report:
    """The page of a finished check of the corpus at ``root``."""
    counts = check.counts()
    sections = [
        Section("Findings", [_kinds(check)], note=_note(check)),
        Section("Published counts", _published(check), note="Of the papers' numbers, those that can be counted here."),
        Section("What is there", [split_table({"here": check.tally})]),
        Section("Labels", _labels(check)),
        *(_listed(check, kind) for kind in MEANINGS if counts[kind]),
    ]
    return Report(
        title=f"Check of {published(check.corpus.name).title or check.corpus.name}",
        subtitle=root,
        badges=[Badge("SYNTHETIC DATA", "warn")] if synthetic else [],
        tiles=_tiles(check),
        links={"findings.csv": "findings.csv", "summary.json": "summary.json"},
        sections=sections,
    )


def _tiles(check: Check) -> list[Tile]:
    facts = check.facts
    tiles = []
    if facts["videos"]:
        tiles += [
            Tile("Videos", f"{facts['videos']:,}", "read to the end"),
            Tile("Equal videos", f"{facts['groups_of_equal_videos']:,}", "groups"),
            Tile("Near videos", f"{facts['near_pairs_of_videos']:,}", "pairs"),
        ]
    if facts["pictures"]:
        tiles += [
            Tile("Pictures", f"{facts['pictures']:,}", "read and compared"),
            Tile("Surplus copies", f"{facts['surplus_copies']:,}", f"in {facts['groups_of_equal']:,} groups"),
            Tile("Groups across splits", f"{facts['groups_across_splits']:,}", "of equal pictures"),
            Tile("Contradictory classes", f"{facts['groups_of_several_expressions']:,}", "groups of equal pictures"),
            Tile("Near pictures", f"{facts['near_pairs']:,}", "pairs"),
        ]
    return [*tiles, Tile("Blank", f"{check.counts()['blank']:,}", "pictures, or videos with such frames")]


def _note(check: Check) -> str:
    limit = "" if check.complete else f" There are more near duplicates: the search ended at {MOST_PAIRS:,} pairs."
    return f"All of them are in findings.csv.{limit}"


def _kinds(check: Check) -> Table:
    rows: list[list[Any]] = []
    for kind, count in check.counts().items():
        badge = Badge(kind) if not count else Badge(kind, "bad") if kind in _GRAVE else Badge(kind, "warn")
        rows.append([badge, f"{count:,}", MEANINGS[kind]])
    return Table(("kind", "findings", "what it is"), rows)


def _published(check: Check) -> list[Block]:
    printed = published(check.corpus.name)
    rows = comparison_rows(printed, {"here": check.tally})
    return [Table(comparison_columns(["here"]), rows)] if rows else []


def _labels(check: Check) -> list[Block]:
    """Counts by class and split, of the kinds of label that the corpus has."""
    splits = [row[0] for row in split_rows(check.tally)]
    parts = [check.tally.splits.get(split) or check.tally.total() for split in splits]
    blocks: list[Block] = []
    for title, names, attribute in (
        ("expression", EXPRESSIONS, "expression"),
        ("compound expression", COMPOUND_EXPRESSIONS, "compound"),
        ("action unit present", tuple(map(action_unit_label, ACTION_UNITS)), "active"),
    ):
        counts = [getattr(part, attribute) for part in parts]
        known = [place for place in range(len(names)) if counts[-1][place]]
        rows = [[names[place], *(f"{int(one[place]):,}" for one in counts)] for place in known]
        blocks += [Table((title, *splits), rows)] if rows else []
    return blocks


def _listed(check: Check, kind: str) -> Section:
    found = [finding for finding in check.findings if finding.kind == kind]
    note = f"The first {SHOWN} of {len(found):,}." if len(found) > SHOWN else ""
    return Section(f"{kind.capitalize()}: {len(found):,}", [Table(*_table(found[:SHOWN]))], note=note, folded=True)


def _table(found: list[Finding]) -> tuple[list[str], list[list[str]]]:
    """Columns that say nothing are left out."""
    columns = [name for name in ("clip", "name", "other", "what") if any(getattr(one, name) for one in found)]
    return columns, [[getattr(one, name) for name in columns] for one in found]
