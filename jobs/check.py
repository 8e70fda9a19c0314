"""What is wrong with a corpus as it lies on disk: ``python -m jobs.check CORPUS --root URI --out URI``.

Writes ``check.html``, ``findings.csv``, ``summary.json`` and, of single pictures, ``kept.csv`` below ``--out``, with
which jobs.preprocess leaves out what should not be learnt from. Findings are no failure: the status is 0.
"""

import json
import logging
import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from affect import storage
from affect.annotation.splits import write_splits
from affect.checking.clip import check_clip
from affect.checking.comparison import comparison_rows
from affect.checking.faults import JoinedFaults
from affect.checking.findings import MEANINGS, to_csv
from affect.checking.kept import kept
from affect.checking.page import check_report
from affect.checking.whole import Check
from affect.command_line import run_app
from affect.configuration import Configuration
from affect.corpora import open_corpus
from affect.corpora.published import published
from affect.preprocessing.progress import Progress
from affect.preprocessing.summary import is_synthetic
from affect.reports.report import write
from affect.runs import RunFolder
from jobs.clip_pool import over_clips

logger = logging.getLogger("affect.check")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class CheckConfig(Configuration):
    """Which corpus is checked."""

    corpus: str
    root: str


def check_corpus(config: CheckConfig, out: str, workers: int | None = None) -> tuple[Check, dict[str, Any]]:
    """Read everything, compare everything, write the files; the check and its summary."""
    began = time.monotonic()
    corpus = open_corpus(config.corpus, config.root)
    clips = list(corpus.clips())
    check, faults = Check(corpus, clips), JoinedFaults(corpus.faults())
    with RunFolder(out, config) as run:
        with Progress(len(clips)) as progress:
            for done in over_clips(corpus, clips, check_clip, workers):
                check.add(done.index, done.result)
                faults.add(done.process, done.faults)
                counts = done.result.tally.total()
                progress.add(counts.frames + counts.pictures, set_aside=False)
        read = time.monotonic()
        check.finish(faults.listed())
        units, splits, left_out = kept(corpus, check.findings)
        summary = {
            "corpus": corpus.name,
            "root": config.root,
            "synthetic": is_synthetic(corpus),
            "clips": len(clips),
            "findings": check.counts(),
            **check.facts,
            "near_pairs_complete": check.complete,
            "left_out": left_out,
            "seconds": {"reading": round(read - began, 1), "comparing": round(time.monotonic() - read, 1)},
        }
        storage.write_text(run.file("findings.csv"), to_csv(check.findings))
        if units:
            write_splits(run.file("kept.csv"), units, splits)
        storage.write_text(run.file("summary.json"), json.dumps(summary, indent=2) + "\n")
        write(check_report(check, config.root, is_synthetic(corpus)), run.file("check.html"))
        run.done(summary)
    return check, summary


@app.command()
def main(
    corpus: Annotated[str, typer.Argument(help="the corpus's name, for example fer2013")],
    root: Annotated[str, typer.Option(help="where the corpus lies; local or s3://")],
    out: Annotated[str, typer.Option(help="the folder to write to; local or s3://")],
    workers: Annotated[int | None, typer.Option(help="processes; all CPUs where not given", min=1)] = None,
) -> None:
    """Read all of a corpus and report what is missing, broken, doubled, contradictory or in two splits."""
    config = CheckConfig(corpus=corpus, root=storage.absolute(root))
    check, summary = check_corpus(config, out, workers)
    console = Console(width=max(120, Console().width), highlight=False)
    found = Table("", "findings", "what it is", title=f"{summary['corpus']} in {config.root}", title_justify="left")
    for kind, count in check.counts().items():
        found.add_row(kind, f"{count:,}", MEANINGS[kind])
    console.print(found)
    facts = Table(show_header=False)
    for name, value in check.facts.items():
        facts.add_row(name.replace("_", " "), f"{value:,}")
    console.print(facts)
    if summary["left_out"]:
        told = ", ".join(f"{count:,} {reason}" for reason, count in summary["left_out"].items())
        console.print(f"Left out of the training split in kept.csv: {told}")
    rows = comparison_rows(published(check.corpus.name), {"here": check.tally})
    if rows:
        counts = Table("", "published", "here", "difference", "", "where")
        for what, number, here, difference, badge, where in rows:
            counts.add_row(what, number, here or "-", difference or "-", badge.text, where)
        console.print(counts)
    console.print(f"The report is {storage.join(storage.absolute(out), 'check.html')}")


if __name__ == "__main__":
    run_app(app)
