"""Divide a corpus into splits or folds in which nobody is in two: ``python -m jobs.partition CORPUS --root --out``.

Writes ``splits.csv``, ``shares.csv`` (how each label is spread) and ``set_aside.csv`` below ``--out``.
"""

import csv
import io
import logging
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from pydantic import Field
from rich.console import Console
from rich.table import Table

from affect import storage
from affect.annotation.partition import partition
from affect.annotation.plans import EVERY, PRESETS, THREE, Plan, folds
from affect.annotation.splits import write_splits
from affect.annotation.units import corpus_units, label_shares, shared_people
from affect.command_line import run_app
from affect.configuration import Configuration
from affect.corpora import open_corpus
from affect.errors import AffectError
from affect.registry import look_up
from affect.runs import RunFolder

logger = logging.getLogger("affect.partition")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class PartitionConfig(Configuration):
    """Which corpus is divided into what."""

    corpus: str
    root: str
    preset: str = "70-15-15"
    shares: tuple[float, ...] | None = None
    """Of train, validation and, where there are three, test, instead of a preset: [80, 10, 10]."""
    folds: int | None = Field(default=None, ge=2)
    """Folds of equal size instead of splits."""
    within: str | None = None
    """Divide only this split of the corpus; the others stay, and its validation split becomes test where it has none
    (FaceBehaviorNet, section 4)."""
    seed: int = 0

    @property
    def plan(self) -> Plan:
        """The splits wanted. Raises AffectError for a preset that does not exist and shares of no use."""
        if self.folds is not None:
            return folds(self.folds)
        if self.shares is None:
            return look_up(PRESETS, self.preset, "preset")
        if len(self.shares) not in (2, 3):
            raise AffectError(f"shares are {list(self.shares)}; give two or three, as [85, 15] or [80, 10, 10]")
        return Plan(THREE[: len(self.shares)], {EVERY: self.shares})


def divide(config: PartitionConfig, out: str) -> dict[str, Any]:
    """Write the files; returns the summary that is also kept in DONE."""
    plan = config.plan
    corpus = open_corpus(config.corpus, config.root)
    with RunFolder(out, config) as run:
        known, faults = corpus_units(corpus)
        own = sorted({split for _, split in known})
        chosen = [place for place, (_, split) in enumerate(known) if config.within in (None, split)]
        if not chosen:
            owns = ", ".join(own) or "none"
            raise AffectError(f"{config.corpus} has nothing in split {config.within!r} to divide; it has {owns}")
        if config.within is None and len(own) > 1:
            logger.warning(
                "%s is given out in %s, which this mixes: figures on the new splits are not those of papers that test "
                "on its own; --set within=train divides the training split alone", config.corpus, " and ".join(own),
            )  # fmt: skip
        units = [unit for unit, _ in known]
        splits = _kept([split for _, split in known])
        for place, split in zip(chosen, partition([units[place] for place in chosen], plan, config.seed), strict=True):
            splits[place] = split
        if config.folds is not None:
            units, splits = [units[place] for place in chosen], [splits[place] for place in chosen]
        shared = shared_people(units, splits)
        if shared:
            logger.warning(
                "%d people are in several splits, for the corpus itself has them in %r and elsewhere: %s",
                len(shared), config.within, ", ".join(shared[:10]),
            )  # fmt: skip
        for video, reason in faults:
            logger.warning("set aside %s: %s", video, reason)
        write_splits(run.file("splits.csv"), units, splits, "split" if config.folds is None else "fold")
        shares = label_shares(units, splits)
        _write_csv(run.file("shares.csv"), ("task", "label", "split", "count", "share"), shares)
        _write_csv(run.file("set_aside.csv"), ("video", "reason"), [*faults, *corpus.faults()])
        sizes = {split: count for task, _, split, count, _ in shares if task == EVERY}
        people = len({subject for unit in units for subject in unit.subjects})
        summary = {"corpus": corpus.name, "videos": sizes, "people": people, "shared_people": len(shared)}
        run.done(summary | {"set_aside": len(faults)})
        _show(f"{corpus.name} in {run.uri}", shares)
    return summary | {"set_aside": len(faults)}


def _kept(splits: Sequence[str]) -> list[str]:
    """The corpus's own splits; where no test set is released, its validation set is what models are tested on."""
    return ["test" if split == "validation" and "test" not in splits else split for split in splits]


def _write_csv(uri: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    storage.write_text(uri, text.getvalue())


def _show(title: str, shares: Sequence[tuple[str, str, str, int, float]]) -> None:
    names = list(dict.fromkeys(split for _, _, split, _, _ in shares))
    order = [split for split in (*THREE, *sorted(names)) if split in names]
    table = Table("task", "label", *dict.fromkeys(order), title=title, title_justify="left")
    cells = {(task, label, split): f"{count:,} ({share:.1%})" for task, label, split, count, share in shares}
    for task, label in dict.fromkeys((task, label) for task, label, _, _, _ in shares):
        table.add_row(task, label, *(cells[task, label, split] for split in dict.fromkeys(order)))
    Console(width=max(100, Console().width), highlight=False).print(table)


@app.command()
def main(
    corpus: Annotated[str, typer.Argument(help="the corpus's name, for example aff-wild2")],
    root: Annotated[str, typer.Option(help="where the corpus lies; local or s3://")],
    out: Annotated[str, typer.Option(help="the folder to write to; local or s3://")],
    preset: Annotated[str, typer.Option(help=f"sizes: {', '.join(PRESETS)}")] = "70-15-15",
    folds: Annotated[int | None, typer.Option(help="folds of equal size instead of splits", min=2)] = None,
    assignments: Annotated[list[str] | None, typer.Option("--set", help="key=value, as seed=1")] = None,
) -> None:
    """Divide the people of a corpus into splits or folds that are alike in their labels."""
    config = PartitionConfig(corpus=corpus, root=storage.absolute(root), preset=preset, folds=folds)
    divide(config.override(assignments or []), out)


if __name__ == "__main__":
    run_app(app)
