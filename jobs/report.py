"""What a corpus holds, in the papers' figures and tables: ``python -m jobs.report CORPUS --root URI --out URI``.

Writes ``report.html`` below ``--out``; with ``--rows``, a folder of jobs.preprocess, before and after cleaning.
"""

import logging
from typing import Annotated

import typer

from affect import storage
from affect.checking.faults import JoinedFaults
from affect.checking.rows import count_rows
from affect.checking.survey import Survey, survey_clip
from affect.command_line import run_app
from affect.corpora import open_corpus
from affect.preprocessing.progress import Progress
from affect.preprocessing.summary import is_synthetic
from affect.reports.corpus_report import corpus_report
from affect.reports.report import write
from affect.runs import REPORT
from jobs.clip_pool import over_clips

logger = logging.getLogger("affect")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def report(name: str, root: str, rows: str | None, out: str, workers: int | None = None) -> str:
    """Count the corpus, and ``rows`` made of it; the URI of the page."""
    corpus = open_corpus(name, root)
    counted = None if rows is None else count_rows(rows, corpus.name)
    clips, survey, faults = list(corpus.clips()), Survey(), JoinedFaults(corpus.faults())
    with Progress(len(clips)) as progress:
        for done in over_clips(corpus, clips, survey_clip, workers):
            survey.add(done.result)
            faults.add(done.process, done.faults)
            whole = done.result.tally.total()
            progress.add(whole.frames + whole.pictures, set_aside=bool(done.result.faults))
    survey.faults = sorted(survey.faults) + faults.listed()
    uri = storage.join(storage.absolute(out), REPORT)
    write(corpus_report(corpus.name, storage.absolute(root), survey, counted, synthetic=is_synthetic(corpus)), uri)
    return uri


@app.command()
def main(
    corpus: Annotated[str, typer.Argument(help="the corpus's name, for example aff-wild2")],
    root: Annotated[str, typer.Option(help="where the corpus lies; local or s3://")],
    out: Annotated[str, typer.Option(help="the folder to write to; local or s3://")],
    rows: Annotated[str | None, typer.Option(help="what jobs.preprocess made of it; local or s3://")] = None,
    workers: Annotated[int | None, typer.Option(help="processes; all CPUs where not given", min=1)] = None,
) -> None:
    """Show a corpus in one page: labels, attributes, durations, sizes, beside the published numbers."""
    logger.info("the report is %s", report(corpus, root, rows, out, workers))


if __name__ == "__main__":
    run_app(app)
