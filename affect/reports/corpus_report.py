"""The report of a corpus: the papers' figures and tables of theirs, made of this copy, before and after cleaning."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect.annotation.balance import QUADRANTS
from affect.checking.comparison import comparison_columns, comparison_rows, split_rows, split_table
from affect.checking.rows import Rows
from affect.checking.survey import Survey, VideoFacts
from affect.checking.tally import SplitTally, Tally
from affect.corpora.published import Published, published
from affect.labels import ACTION_UNIT_NAMES, ACTION_UNITS, COMPOUND_EXPRESSIONS, EXPRESSIONS, action_unit_label
from affect.reports import corpus_figures, figures
from affect.reports.report import Badge, Block, Figure, Report, Section, Table, Tile

BEFORE, AFTER = "labels", "rows"
"""What the corpus's files say, and what is left with a face in the pre-processed rows."""

SIZES = 12
"""So many sizes of pictures or videos are listed."""


def corpus_report(corpus: str, root: str, survey: Survey, rows: Rows | None, *, synthetic: bool) -> Report:
    """The page of ``corpus`` as it lies at ``root``; ``rows`` are what preprocessing made of it."""
    tallies = {BEFORE: survey.tally} | ({AFTER: rows.tally} if rows else {})
    wholes = {name: tally.total() for name, tally in tallies.items()}
    printed = published(corpus)
    return Report(
        title=f"Corpus {printed.title or corpus}",
        subtitle=root,
        badges=[Badge("SYNTHETIC DATA", "warn")] if synthetic else [],
        tiles=_tiles(survey, rows),
        sections=[
            Section("Attributes", _attributes(tallies, survey.videos), note=_note(rows)),
            Section("Published numbers", _published(printed, tallies), note="Beside what is counted here."),
            Section("Valence and arousal", _planes(wholes)),
            Section("Expressions", _classes(tallies, wholes, "expression", EXPRESSIONS)),
            Section("Compound expressions", _classes(tallies, wholes, "compound", COMPOUND_EXPRESSIONS)),
            Section("Action units", _action_units(wholes, printed)),
            Section("Durations and frame rates", _durations(survey.videos)),
            Section("Resolution", _resolution(survey)),
            Section("Not counted", _faults(survey.faults), folded=True),
        ],
    )


def _note(rows: Rows | None) -> str:
    said = f"'{BEFORE}' is the corpus as its files have it"
    return f"{said}; '{AFTER}' is what is left in the pre-processed rows that have a face." if rows else f"{said}."


def _tiles(survey: Survey, rows: Rows | None) -> list[Tile]:
    whole = survey.tally.total()
    seconds = sum(video.duration_s for video in survey.videos)
    known = {
        "Videos": whole.videos,
        "Frames": whole.frames,
        "Pictures": whole.pictures,
        "Subjects": len(whole.subjects),
    }
    tiles = [Tile(name, f"{count:,}") for name, count in known.items() if count]
    if seconds:
        tiles.append(Tile("Length", _clock(seconds), "h:mm:ss"))
    if rows:
        share = rows.missed / rows.rows if rows.rows else 0.0
        tiles.append(Tile("Rows with a face", f"{rows.rows - rows.missed:,}", f"{share:.1%} have none"))
    return tiles


def _attributes(tallies: dict[str, Tally], videos: Sequence[VideoFacts]) -> list[Block]:
    blocks: list[Block] = [split_table(tallies)]
    several = sum(video.persons > 1 for video in videos)
    if videos:
        lengths = [video.duration_s for video in videos]
        sizes = np.array([(video.width, video.height) for video in videos])
        (mean, deviation, median) = (sizes.mean(0), sizes.std(0), np.median(sizes, axis=0))
        facts = [
            ["length of videos", f"{_length(min(lengths))} to {_length(max(lengths))}"],
            ["mean length", _length(np.mean(lengths))],
            ["mean resolution", f"{_by(mean)}, standard deviation {_by(deviation)}"],
            ["median resolution", _by(median)],
            ["videos of several people", f"{several:,}"],
        ]
        blocks.append(Table(("videos", "here"), facts))
    return blocks


def _published(printed: Published, tallies: dict[str, Tally]) -> list[Block]:
    blocks: list[Block] = []
    if printed.counts:
        blocks.append(Table(comparison_columns(list(tallies)), comparison_rows(printed, tallies)))
    if printed.facts:
        facts = [[fact.name, fact.text, fact.where] for fact in printed.facts]
        blocks.append(Table(("in words", "published", "where"), facts))
    return blocks


def _planes(wholes: dict[str, SplitTally]) -> list[Block]:
    """2-D histograms that share a scale, and the quadrants' shares (IJCV 2019, Figs 6 and 10 and section 4.2)."""
    known = {name: whole for name, whole in wholes.items() if whole.labelled["valence_arousal"]}
    if not known:
        return []
    highest = max(int(whole.plane.max()) for whole in known.values())
    blocks: list[Block] = [
        Figure(f"Valence and arousal: {name}", figures.plane_of_counts(whole.plane, highest))
        for name, whole in known.items()
    ]
    rows = []
    for name, whole in known.items():
        shares = _quadrants(whole.plane) / whole.plane.sum()
        rows.append([name, f"{int(whole.plane.sum()):,}", *(f"{share:.1%}" for share in shares)])
    return [*blocks, Table(("", "labelled", *QUADRANTS), rows)]


def _quadrants(plane: NDArray[np.int64]) -> NDArray[np.int64]:
    """Counts in QUADRANTS' order; 0 counts as positive, as its cell does."""
    half = len(plane) // 2
    up, down = plane[half:], plane[:half]
    return np.array([up[:, half:].sum(), up[:, :half].sum(), down[:, half:].sum(), down[:, :half].sum()])


def _classes(
    tallies: dict[str, Tally], wholes: dict[str, SplitTally], attribute: str, names: Sequence[str]
) -> list[Block]:
    values = {name: getattr(whole, attribute) for name, whole in wholes.items()}
    if not any(counts.any() for counts in values.values()):
        return []
    series = {name: counts.tolist() for name, counts in values.items()}
    splits = [row[0] for row in split_rows(tallies[BEFORE]) if row[0] != "all"]
    columns = ["", *series, *(f"share of {name}" for name in series), *splits]
    parts = [getattr(tallies[BEFORE].splits[split], attribute) for split in splits]
    rows = [
        [
            label,
            *(f"{counts[place]:,}" for counts in series.values()),
            *(_share(counts[place], sum(counts)) for counts in series.values()),
            *(f"{int(part[place]):,}" for part in parts),
        ]
        for place, label in enumerate(names)
    ]
    drawn = corpus_figures.counts(names, series, "frames or pictures")
    return [Figure("How often each is", drawn, wide=True), Table(columns, rows)]


def _action_units(wholes: dict[str, SplitTally], printed: Published) -> list[Block]:
    """As in BMVC 2019, Table 2; shares are of the frames that are annotated for the action unit."""
    annotated = np.sum([whole.active + whole.inactive for whole in wholes.values()], axis=0)
    known = np.flatnonzero(annotated).tolist()
    if not known:
        return []
    labels = [action_unit_label(ACTION_UNITS[place]) for place in known]
    papers = {count.label: count for count in printed.counts if count.task == "action_units" and count.label}
    columns = ["", "action unit"]
    columns += [f"{what}, {name}" for name in wholes for what in ("annotated", "present", "share")]
    rows: list[list[Any]] = []
    for place, label in zip(known, labels, strict=True):
        row: list[Any] = [label, ACTION_UNIT_NAMES[ACTION_UNITS[place]]]
        for whole in wholes.values():
            active, inactive = int(whole.active[place]), int(whole.inactive[place])
            row += [f"{active + inactive:,}", f"{active:,}", _share(active, active + inactive)]
        count = papers.get(label)
        rows.append([*row, f"{count.value:,}" if count else None] if papers else row)
    shares = {
        name: [_ratio(int(whole.active[place]), int(whole.inactive[place])) for place in known]
        for name, whole in wholes.items()
    }
    drawn = figures.bars(labels, shares, "share of annotated frames")
    columns += ["present, published"] if papers else []
    return [Figure("How often each is present", drawn, wide=True), Table(columns, rows)]


def _durations(videos: Sequence[VideoFacts]) -> list[Block]:
    """As EXT 2018's Table II."""
    if not videos:
        return []
    rates: dict[int, list[float]] = {}
    for video in videos:
        rates.setdefault(math.floor(video.rate + 0.5), []).append(video.duration_s)
    rows = [[rate, len(lengths), _clock(sum(lengths))] for rate, lengths in sorted(rates.items(), reverse=True)]
    drawn = corpus_figures.durations([video.duration_s for video in videos])
    table = Table(("frames a second, rounded", "videos", "duration, h:mm:ss"), rows)
    return [Figure("How long the videos are", drawn, wide=True), table]


def _resolution(survey: Survey) -> list[Block]:
    sizes = Counter((video.width, video.height) for video in survey.videos) + survey.sizes
    if not sizes:
        return []
    whole = sum(sizes.values())
    rows = [[f"{w} x {h}", f"{count:,}", _share(count, whole)] for (w, h), count in sizes.most_common(SIZES)]
    rest = whole - sum(count for _, count in sizes.most_common(SIZES))
    rows += [[f"{len(sizes) - SIZES:,} other sizes", f"{rest:,}", _share(rest, whole)]] if rest else []
    what = "videos" if survey.videos else "pictures opened for it"
    return [Table(("width x height", what, "share"), rows)]


def _faults(faults: Sequence[tuple[str, str]]) -> list[Block]:
    return [Table(("name", "reason"), [list(fault) for fault in faults])] if faults else []


def _share(part: int, whole: int) -> str | None:
    return f"{part / whole:.1%}" if whole else None


def _ratio(active: int, inactive: int) -> float | None:
    return active / (active + inactive) if active + inactive else None


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"


def _length(seconds: float | np.floating[Any]) -> str:
    return f"{seconds / 60:.2f} min" if seconds >= 60 else f"{seconds:.1f} s"


def _by(size: NDArray[np.floating[Any]]) -> str:
    return f"{size[0]:.0f} x {size[1]:.0f}"
