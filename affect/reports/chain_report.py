"""The page of a chain of training runs: its stages, each with a report of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from affect import runs, storage
from affect.evaluation.seen import Seen
from affect.following.records import VALIDATION
from affect.reports import figures
from affect.reports.report import Badge, Figure, Link, Report, Section, Table, Tile, cell, write
from affect.reports.run_report import STATES, SYNTHETIC, TILES, State
from affect.runs import CONFIG, REPORT
from affect.training.history import read_history
from affect.training.settings import Chain

StageState = Literal["waiting", "begun", "finished"]

_TONES: dict[StageState, Badge] = {
    "waiting": Badge("waiting"),
    "begun": Badge("begun", "accent"),
    "finished": Badge("finished", "good"),
}


@dataclass(frozen=True)
class Stage:
    """A stage as it lies in its folder."""

    name: str
    epochs: int
    """That it is to have."""
    state: StageState
    history: pd.DataFrame
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    """Final ones by split."""
    page: str = ""
    """Of the stage, from the chain's; empty where there is none yet."""
    synthetic: bool = False


def write_chain_report(chain: Chain, out: str, state: State) -> None:
    """Write report.html into the folder ``out`` of ``chain``, whose stages lie below it but for those given."""
    trained = {name: config for name, config in chain.stages.items() if name not in chain.given}
    stages = [_read(name, config.epochs, storage.join(out, name)) for name, config in trained.items()]
    write(chain_report(chain.recipe, out, stages, state), storage.join(out, REPORT))


def chain_report(title: str, uri: str, stages: Sequence[Stage], state: State) -> Report:
    """The page of a chain; stages that have not begun are in its table only."""
    done = sum(stage.state == "finished" for stage in stages)
    return Report(
        title=title,
        subtitle=uri,
        badges=[STATES[state], *([SYNTHETIC] if any(stage.synthetic for stage in stages) else [])],
        tiles=[Tile("Stages", f"{done} of {len(stages)}"), *_last(stages)],
        refresh_s=20 if state == "running" else None,
        sections=[
            Section("Stages", [_table(stages)], note="In their order; each begins with what earlier ones made."),
            Section("Score of each stage", _curves(stages), note="On the validation split after each epoch."),
            Section("Final metrics of each stage", _metrics(stages)),
        ],
    )


def _read(name: str, epochs: int, folder: str) -> Stage:
    history = read_history(folder)
    metrics = runs.summary(folder)["metrics"] if runs.finished(folder) else {}
    begun: StageState = "begun" if storage.exists(storage.join(folder, CONFIG)) else "waiting"
    page = f"{name}/{REPORT}" if storage.exists(storage.join(folder, REPORT)) else ""
    seen = Seen.read(storage.join(folder, VALIDATION))
    synthetic = seen is not None and seen.synthetic
    return Stage(name, epochs, "finished" if metrics else begun, history, metrics, page, synthetic)


def _last(stages: Sequence[Stage]) -> list[Tile]:
    finished = [stage for stage in stages if stage.metrics]
    if not finished:
        return []
    split, metrics = _final(finished[-1])
    return [
        Tile(label, cell(metrics[key]), f"{finished[-1].name}, {split}")
        for key, label in TILES.items()
        if key in metrics
    ]


def _final(stage: Stage) -> tuple[str, dict[str, float]]:
    split = "test" if "test" in stage.metrics else "validation"
    return split, stage.metrics.get(split, {})


def _table(stages: Sequence[Stage]) -> Table:
    rows = []
    for number, stage in enumerate(stages, start=1):
        last: Any = stage.history["score"].iloc[-1] if "score" in stage.history else None
        seconds = f"{stage.history['seconds'].sum() / 60:.1f} min" if "seconds" in stage.history else None
        name = Link(stage.name, stage.page) if stage.page else stage.name
        rows.append([number, name, _TONES[stage.state], f"{len(stage.history)} of {stage.epochs}", last, seconds])
    return Table(("", "stage", "state", "epochs", "last validation score", "training"), rows)


def _curves(stages: Sequence[Stage]) -> list[Figure]:
    known = [stage for stage in stages if "score" in stage.history]
    if not known:
        return []
    drawn, before = figures.figure("epoch, over all stages", "score"), 0
    for stage in known:
        x = [before + int(epoch) + 1 for epoch in stage.history["epoch"]]
        drawn.add_scatter(x=x, y=stage.history["score"].tolist(), name=stage.name, mode="lines+markers")
        before = x[-1]
    return [Figure("Score", drawn, wide=True)]


def _metrics(stages: Sequence[Stage]) -> list[Table]:
    finals = {f"{stage.name}, {split}": metrics for stage in stages for split, metrics in [_final(stage)] if metrics}
    keys = list(dict.fromkeys(key for metrics in finals.values() for key in metrics))
    return (
        [Table(("metric", *finals), [[key, *(of.get(key) for of in finals.values())] for key in keys])] if keys else []
    )
