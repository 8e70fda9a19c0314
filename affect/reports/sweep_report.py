"""The report of a sweep: a page, and the same as CSV and JSON."""

from collections.abc import Mapping
from typing import Any

import yaml

from affect import storage
from affect.configuration import flatten
from affect.reports import sweep_figures
from affect.reports.report import Badge, Block, Command, Figure, Report, Section, Table, Text, Tile, cell, write
from affect.tuning.results import Status, Sweep, Trial

_TONES: Mapping[Status, Badge] = {
    "finished": Badge("finished", "good"),
    "stopped early": Badge("stopped early"),
    "failed": Badge("failed", "bad"),
    "running": Badge("running", "accent"),
    "waiting": Badge("waiting"),
}


def write_sweep(
    sweep: Sweep,
    commands: Mapping[str, str] | None = None,
    trial_commands: Mapping[str, Mapping[str, str]] | None = None,  # noqa: ARG001
) -> None:
    """Write report.html, trials.csv and sweep.json into the sweep's folder.

    ``commands`` are shell lines by what they do; ``trial_commands`` the same of each trial, by its id.
    """
    storage.write_text(storage.join(sweep.uri, "sweep.json"), sweep.to_json())
    storage.write_text(storage.join(sweep.uri, "trials.csv"), sweep.table().to_csv(index=False))
    write(sweep_report(sweep, commands or {}), storage.join(sweep.uri, "report.html"))


def sweep_report(sweep: Sweep, commands: Mapping[str, str]) -> Report:
    """The page of a sweep. ``commands`` are shell lines by what they do, shown when there is a winner."""
    return Report(
        title=f"Sweep {sweep.name}",
        subtitle=sweep.uri,
        badges=_badges(sweep),
        tiles=_tiles(sweep),
        links={"trials.csv": "trials.csv", "sweep.json": "sweep.json"},
        refresh_s=None if sweep.finished else 20,
        sections=[
            Section("Winner", _winner(sweep, commands)),
            Section("Trials", _trials(sweep), note="A trial that was stopped early is placed by its best epoch."),
            Section("Curves", _curves(sweep), note=f"{sweep.metric} on the validation split after each epoch."),
            Section(
                "Effect of each parameter",
                _effects(sweep),
                note="Each point is a trial. Open circles were stopped early, so their value is of fewer epochs.",
            ),
            Section(
                "Time", _times(sweep), note="From start to end of each trial, start-up and repeated attempts included."
            ),
            Section("Failures", _failures(sweep)),
            Section("Configuration", _configuration(sweep), folded=True),
        ],
    )


def _badges(sweep: Sweep) -> list[Badge]:
    badges = [Badge("finished", "good") if sweep.finished else Badge("running", "accent")]
    if any(entry.get("synthetic") for entry in sweep.data):
        badges.append(Badge("SYNTHETIC DATA", "warn"))
    return badges


def _tiles(sweep: Sweep) -> list[Tile]:
    counts = sweep.counts()
    ended = sum(counts.get(status, 0) for status in ("finished", "stopped early", "failed"))
    winner = sweep.winner()
    best = Tile(f"Best {sweep.metric}", cell(winner.result), f"trial {winner.id}") if winner else None
    others = ", ".join(f"{count} {status}" for status, count in counts.items())
    return [
        *([best] if best else []),
        Tile("Trials", f"{ended} of {sweep.planned}", others),
        Tile("Time", _duration(sweep.seconds)),
        Tile("Parameters", str(len(sweep.parameters())), ", ".join(map(sweep_figures.short, sweep.parameters()))),
    ]


def _winner(sweep: Sweep, commands: Mapping[str, str]) -> list[Block]:
    winner = sweep.winner()
    if winner is None:
        return []
    rows: list[list[Any]] = [
        ["trial", winner.id],
        [sweep.metric, winner.result],
        ["epochs", winner.epochs],
        ["model", winner.model],
    ]
    exact = [[key, repr(winner.parameters.get(key))] for key in sweep.parameters()]
    whole = Text("Its whole configuration", yaml.safe_dump(winner.config, sort_keys=False))
    return [
        Table(("", "winner"), [*rows, *exact]),
        *(Command(title, text) for title, text in commands.items()),
        *([whole] if winner.config else []),
    ]


def _trials(sweep: Sweep) -> list[Table]:
    keys = sweep.parameters()
    winner = sweep.winner()
    ranked = sweep.ranked()
    columns = [
        "#",
        "trial",
        "status",
        sweep.metric,
        *map(sweep_figures.short, keys),
        "epochs",
        "time",
        "attempts",
        "reason",
    ]
    rows = [
        [
            rank,
            f"★ {trial.id}" if trial is winner else trial.id,
            _TONES[trial.status],
            sweep.best(trial),
            *(trial.parameters.get(key) for key in keys),
            trial.epochs,
            _duration(trial.seconds),
            trial.attempts,
            trial.reason,
        ]
        for rank, trial in enumerate(ranked, start=1)
    ]
    if not any(trial.reason for trial in ranked):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    highlight = ranked.index(winner) if winner else None
    return [Table(columns, rows, highlight=highlight)] if rows else []


def _curves(sweep: Sweep) -> list[Figure]:
    if not any(trial.values(sweep.metric) for trial in sweep.trials):
        return []
    return [Figure(f"{sweep.metric} of every trial", sweep_figures.curves(sweep), wide=True)]


def _effects(sweep: Sweep) -> list[Figure]:
    if not _scored(sweep):
        return []
    singles = [Figure(key, sweep_figures.effect(sweep, key)) for key in sweep.parameters()]
    together = Figure(
        "All parameters together", sweep_figures.parallel(sweep), "One line a trial; the thick one won.", wide=True
    )
    return [*singles, together] if len(singles) > 1 else singles


def _times(sweep: Sweep) -> list[Figure]:
    if not any(trial.seconds > 0 for trial in sweep.trials):
        return []
    return [Figure("Time of each trial", sweep_figures.times(sweep), wide=True)]


def _failures(sweep: Sweep) -> list[Text]:
    failed = [trial for trial in sweep.trials if trial.status == "failed"]
    return [Text(f"{trial.id}: {trial.reason}", trial.trace or trial.reason) for trial in failed]


def _configuration(sweep: Sweep) -> list[Table]:
    flat = flatten(sweep.config)
    return [Table(("key", "value"), [[key, value] for key, value in flat.items()])] if flat else []


def _scored(sweep: Sweep) -> list[Trial]:
    return [trial for trial in sweep.trials if sweep.best(trial) is not None]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
