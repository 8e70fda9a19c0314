"""Put a finished model under a name: ``python -m jobs.promote RUN --name NAME --store URI``.

With a gate, given once and kept with the name, only a model that is not worse than the current one takes its place.
``--history NAME`` tells what replaced what, ``--back NAME`` makes an earlier version current, ``--list`` all names.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from affect import storage
from affect.command_line import run_app
from affect.errors import AffectError
from affect.evaluation.joining import read_finished
from affect.evaluation.measures import METRICS
from affect.evaluation.rows import find_rows
from affect.evaluation.settings import EvaluationConfig
from affect.models.figures import Figure
from affect.models.files import digest_of, load_description
from affect.models.gate import Gate, Gatekeeper, kept_gate
from affect.models.history import Change
from affect.models.store import back, current, history, list_models, promote, resolve
from affect.reports.report import NOTHING
from affect.runs import finished

logger = logging.getLogger("affect")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

EVALUATIONS = "evaluations"


class Evaluations:
    """Evaluations of models on a gate's rows, kept below the name: one for each model and set of rows."""

    def __init__(self, store: str, name: str) -> None:
        self.folder = storage.join(storage.absolute(store), name, EVALUATIONS)

    def __call__(self, model: str, gate: Gate) -> Mapping[str, Any]:
        config = EvaluationConfig(model=model, data=gate.data, split=gate.split, corpus=gate.corpus)
        rows = find_rows(config, load_description(model))
        settings = config.model_dump_json(exclude={"model", "data", *config.changeable})
        key = _digest(digest_of(model), rows.fingerprint, settings)
        for folder in storage.list_folders(self.folder):
            place = storage.join(self.folder, folder)
            if folder.startswith(f"{key}-") and finished(place):
                found: dict[str, Any] = json.loads(storage.read_text(storage.join(place, METRICS)))
                return found
        from jobs.evaluate import evaluate  # noqa: PLC0415  # brings Ray, which only this needs

        # The same model lies in its run's folder and, once promoted, in the store.
        return evaluate(config, storage.join(self.folder, f"{key}-{_digest(model, *gate.data)}"))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@app.command()
def main(
    store: Annotated[str, typer.Option(help="the model store; local or s3://")],
    model: Annotated[
        str,
        typer.Argument(
            help="a train run, a tune run (its winner), a model's folder, or an evaluation that left a model"
        ),
    ] = "",
    name: Annotated[str, typer.Option(help="the name to put it under")] = "",
    gate: Annotated[
        list[str] | None, typer.Option(help="folder of jobs.preprocess on which models are compared; may be repeated")
    ] = None,
    split: Annotated[str, typer.Option(help="of the gate")] = "validation",
    corpus: Annotated[str, typer.Option(help="only this one of the corpora in --gate")] = "",
    metric: Annotated[list[str] | None, typer.Option(help="as valence_ccc; each of several must hold")] = None,
    tolerance: Annotated[float, typer.Option(help="by so much of a metric a model may be worse")] = 0.0,
    change_gate: Annotated[bool, typer.Option("--change-gate", help="let --gate replace the one that is kept")] = False,
    drop_gate: Annotated[bool, typer.Option("--drop-gate", help="have no gate from now on")] = False,
    force: Annotated[str, typer.Option(help="promote what the gate refuses, for this reason, which is kept")] = "",
    evaluation: Annotated[str, typer.Option(help="a finished evaluation of the model, for its card")] = "",
    history_: Annotated[str, typer.Option("--history", help="tell what replaced what under this name")] = "",
    list_: Annotated[bool, typer.Option("--list", help="tell all names of the store")] = False,
    back_: Annotated[str, typer.Option("--back", help="make an earlier version of this name current")] = "",
    to: Annotated[str, typer.Option(help="the version for --back; by default what the current one replaced")] = "",
    reason: Annotated[str, typer.Option(help="why --back, for the history")] = "",
) -> None:
    """Give the model the next version under NAME, with a model card, and make it current."""
    asked = [text for text, given in (("MODEL", model), ("--history", history_), ("--list", list_), ("--back", back_))
             if given]  # fmt: skip
    if len(asked) != 1:
        raise AffectError(f"give one of MODEL, --history, --back and --list, not {' and '.join(asked) or 'none'}")
    console = Console(highlight=False, soft_wrap=True)
    if list_ or history_:
        told_of = _names(store) if list_ else _changes(history_, history(store, history_))
        Console(width=max(110, Console().width), highlight=False).print(told_of)
    elif back_:
        _go_back(console, store, back_, to or None, reason)
    else:
        if not name:
            raise AffectError("under which name? give --name")
        asked_for = _gate(gate or [], split, corpus, metric or [], tolerance)
        if drop_gate and asked_for is not None:
            raise AffectError("--gate and --drop-gate exclude one another; --change-gate replaces the one that is kept")
        keeper = Gatekeeper(Evaluations(store, name), asked_for, change=change_gate or drop_gate, force=force)
        if change_gate and asked_for is None:
            raise AffectError("--change-gate needs the new one: --gate, --metric; --drop-gate ends it")
        told = read_finished(evaluation).metrics if evaluation else None
        version = promote(model, store, name, keeper, told)
        _tell(console, store, name, version)


def _gate(data: list[str], split: str, corpus: str, metrics: list[str], tolerance: float) -> Gate | None:
    if not data:
        if metrics or corpus or tolerance:
            raise AffectError("--metric, --corpus and --tolerance belong to a gate; give its rows with --gate")
        return None
    if not metrics:
        raise AffectError("a gate compares models by a metric; give --metric, as --metric expression_macro_f1")
    return Gate.parse(
        {
            "data": tuple(map(storage.absolute, data)),
            "split": split,
            "corpus": corpus,
            "metrics": tuple(metrics),
            "tolerance": tolerance,
        }
    )


def _tell(console: Console, store: str, name: str, version: str) -> None:
    console.print(f"{name} {version}")
    changes = history(store, name)
    last = changes[-1] if changes else None
    if last is not None and last.version == version:
        for line in _compared(last):
            console.print(f"  {line}")
    is_current = current(store, name)
    if is_current != version:
        console.print(f"  {is_current} is current: it was promoted at the same time")
    console.print(f"in {resolve(store, name, version)}; serve it: python -m jobs.deploy --name {name} --store {store}")


def _compared(change: Change) -> list[str]:
    before: dict[str, Figure] = {figure.metric: figure for figure in change.figures_before}
    return [
        f"{figure.metric} {figure.told}"
        + (f"; {change.before} had {before[figure.metric].told}" if figure.metric in before else "")
        for figure in change.figures
    ]


def _go_back(console: Console, store: str, name: str, version: str | None, reason: str) -> None:
    change = back(store, name, version, reason)
    if change is None:
        console.print(f"{name} is at {current(store, name)} already")
        return
    console.print(f"{name} is back at {change.version}, which replaces {change.before}")
    console.print(f"serve it: python -m jobs.deploy --name {name} --store {store}")


def _names(store: str) -> Table:
    table = Table(title=store, title_justify="left")
    for column in ("name", "current", "versions", "gate", "since"):
        table.add_column(column)
    for model in list_models(store):
        kept = kept_gate(storage.join(storage.absolute(store), model.name))
        changes = history(store, model.name)
        gate = kept.gate if kept is not None else None
        table.add_row(
            model.name,
            model.current,
            ", ".join(model.versions),
            NOTHING if gate is None else f"{', '.join(gate.metrics)} within {gate.tolerance:g} on {gate.split}",
            changes[-1].when if changes else NOTHING,
        )
    return table


def _changes(name: str, changes: list[Change]) -> Table:
    table = Table(title=f"{name}: what replaced what", title_justify="left", show_lines=True)
    for column in ("", "when", "what", "figures", "why"):
        table.add_column(column, no_wrap=column == "when")
    for change in changes:
        done = {"promote": "replaced", "back": "took its place back from"}[change.action]
        what = f"{change.version} {done} {change.before}" if change.before else f"{change.version}, the first"
        why = f"against the gate: {change.reason}" if change.forced else change.reason
        figures = [*_compared(change), *([f"on {change.evaluated_on}"] if change.evaluated_on else [])]
        when = change.when.replace("T", " ").replace("+00:00", " UTC")
        table.add_row(str(change.number), when, what, "\n".join(figures), why)
    return table


if __name__ == "__main__":
    run_app(app)
