"""The report of a sweep: a page, and the same as CSV and JSON."""

import math
from collections.abc import Mapping
from typing import Any

from affect import storage
from affect.configuration import flatten
from affect.reports import sweep_effects, sweep_figures
from affect.reports.report import (
    Badge,
    Block,
    Command,
    Details,
    Figure,
    Report,
    Section,
    Table,
    Text,
    Tile,
    cell,
    write,
)
from affect.reports.sweep_figures import short
from affect.tuning.importance import FEWEST, importance
from affect.tuning.results import Status, Sweep, Trial

TrialCommands = Mapping[str, Mapping[str, str]]
"""Shell lines by what they do, of each trial by its id."""

_TONES: Mapping[Status, Badge] = {
    "finished": Badge("finished", "good"),
    "stopped early": Badge("stopped early"),
    "failed": Badge("failed", "bad"),
    "running": Badge("running", "accent"),
    "waiting": Badge("waiting"),
}


def write_sweep(
    sweep: Sweep, commands: Mapping[str, str] | None = None, trial_commands: TrialCommands | None = None
) -> None:
    """Write report.html, trials.csv and sweep.json into the sweep's folder; ``commands`` as sweep_report has them."""
    storage.write_text(storage.join(sweep.uri, "sweep.json"), sweep.to_json())
    storage.write_text(storage.join(sweep.uri, "trials.csv"), sweep.table().to_csv(index=False))
    write(sweep_report(sweep, commands or {}, trial_commands or {}), storage.join(sweep.uri, "report.html"))


def sweep_report(sweep: Sweep, commands: Mapping[str, str], trial_commands: TrialCommands | None = None) -> Report:
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
            Section(
                "Leader board",
                _trials(sweep),
                note="A trial that was stopped early is placed by its best epoch."
                + (
                    " Over seeds: mean ± standard deviation of the configuration trained again."
                    if _again(sweep)
                    else ""
                ),
            ),
            Section(
                "With other seeds",
                _repeats(sweep),
                note="The best configurations of the search, each trained again to the end with seeds that the search "
                "had not used. What the search measured is not in the mean: it was chosen for being high.",
            ),
            Section("Curves", _curves(sweep), note=f"{sweep.metric} on the validation split after each epoch."),
            Section("What mattered", _importance(sweep)),
            Section(
                "Effect of each parameter",
                _effects(sweep),
                note="Each point is a trial. Open circles were stopped early, so their value is of fewer epochs.",
            ),
            Section(
                "Parameters in pairs",
                _pairs(sweep),
                note="Where trials lie, coloured by what they reached; diamonds were stopped early, the star won.",
            ),
            Section(
                "Time and cost",
                _times(sweep),
                note="From start to end of each trial, start-up and repeated attempts included. CPU- and GPU-hours are "
                "those that its workers held, also when it was trained again with other seeds.",
            ),
            Section("Failures", _failures(sweep)),
            Section("Each trial", _each(sweep, trial_commands or {}), folded=True),
            Section("Configuration", _configuration(sweep), folded=True),
        ],
    )


_PHASES = {
    "searching": Badge("searching", "accent"),
    "repeating": Badge("training the best again", "accent"),
    "finished": Badge("finished", "good"),
}


def _badges(sweep: Sweep) -> list[Badge]:
    badges = [_PHASES[sweep.phase]]
    if sweep.ended_by:
        badges.append(Badge(f"ended by {sweep.ended_by}", "warn"))
    if any(entry.get("synthetic") for entry in sweep.data):
        badges.append(Badge("SYNTHETIC DATA", "warn"))
    return badges


def _tiles(sweep: Sweep) -> list[Tile]:
    counts = sweep.counts()
    ended = sum(counts.get(status, 0) for status in ("finished", "stopped early", "failed"))
    winner = sweep.winner()
    spread = sweep.spread(winner) if winner else None
    best = Tile(f"Best {sweep.metric}", cell(winner.result), f"trial {winner.id}, in the search") if winner else None
    if winner and spread:
        best = Tile(
            f"{sweep.metric} of the winner",
            _plus_minus(sweep, winner) or "",
            f"trial {winner.id}, {_seeds(spread.count)}",
        )
    cpu, gpu = (sum(getattr(trial, f"{kind}_hours") for trial in sweep.trials) for kind in ("cpu", "gpu"))
    cost = [cost for trial in sweep.trials if (cost := sweep.cost(trial)) is not None]
    hours = f"{cell(round(cpu, 2))} CPU-hours" + (f", {cell(round(gpu, 2))} GPU-hours" if gpu else "")
    others = ", ".join(f"{count} {status}" for status, count in counts.items())
    money = [Tile("Cost", f"{sum(cost):,.2f} {sweep.prices.currency}")] if cost and sweep.prices else []
    return [
        *([best] if best else []),
        Tile("Trials", f"{ended} of {sweep.planned}", others),
        Tile("Time", _duration(sweep.seconds), hours),
        *money,
        Tile("Parameters", str(len(sweep.parameters())), ", ".join(map(short, sweep.parameters()))),
    ]


def _winner(sweep: Sweep, commands: Mapping[str, str]) -> list[Block]:
    winner = sweep.winner()
    if winner is None:
        return []
    rows: list[list[Any]] = [
        ["trial", winner.id],
        [f"{sweep.metric} in the search", winner.result],
        *([[f"{sweep.metric} over seeds", _plus_minus(sweep, winner)]] if sweep.spread(winner) else []),
        ["epochs", winner.epochs],
        ["model", sweep.winning_model()],
    ]
    exact = [[key, repr(winner.parameters.get(key))] for key in sweep.parameters()]
    return [
        Table(("", "winner"), [*rows, *exact]),
        *(Command(title, text) for title, text in commands.items()),
        *([_whole(winner)] if winner.config else []),
    ]


def _trials(sweep: Sweep) -> list[Table]:
    """The leader board; columns in which every trial has the same to say are left out."""
    winner, ranked = sweep.winner(), sweep.ranked()
    if not ranked:
        return []
    columns: dict[str, list[Any]] = {
        "#": list(range(1, len(ranked) + 1)),
        "trial": [f"★ {trial.id}" if trial is winner else trial.id for trial in ranked],
        "status": [_TONES[trial.status] for trial in ranked],
        sweep.metric: [sweep.best(trial) for trial in ranked],
    }
    if _again(sweep):
        columns["over seeds"] = [_plus_minus(sweep, trial) for trial in ranked]
    columns |= {short(key): [trial.parameters.get(key) for trial in ranked] for key in sweep.parameters()}
    columns["epochs"] = [trial.epochs for trial in ranked]
    columns["time"] = [_duration(trial.seconds) for trial in ranked]
    optional: dict[str, list[Any]] = {
        "CPU-hours": [round(trial.cpu_hours, 3) for trial in ranked],
        "GPU-hours": [round(trial.gpu_hours, 3) for trial in ranked],
        "attempts": [trial.attempts if trial.attempts > 1 else 0 for trial in ranked],
        "reason": [trial.reason for trial in ranked],
    }
    if sweep.prices:
        optional[sweep.prices.currency] = [sweep.cost(trial) for trial in ranked]
    columns |= {name: [value or None for value in values] for name, values in optional.items() if any(values)}
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    return [Table(list(columns), rows, highlight=ranked.index(winner) if winner else None)]


def _again(sweep: Sweep) -> bool:
    return any(trial.repeats for trial in sweep.trials)


def _plus_minus(sweep: Sweep, trial: Trial) -> str | None:
    spread = sweep.spread(trial)
    if spread is None:
        return None
    if not spread.deviation:
        return cell(spread.mean)
    digits = max(0, 1 - math.floor(math.log10(spread.deviation)))  # two that count
    return f"{spread.mean:.{digits}f} ± {spread.deviation:.{digits}f}"


def _seeds(count: int) -> str:
    return f"{count} seed{'s' * (count != 1)}"


def _repeats(sweep: Sweep) -> list[Block]:
    repeated = [trial for trial in sweep.ranked() if trial.repeats]
    if not repeated:
        return []
    rows = [
        [
            trial.id,
            repeat.seed,
            _TONES[repeat.status],
            repeat.result,
            _duration(repeat.seconds),
            repeat.model or repeat.reason,
        ]
        for trial in repeated
        for repeat in trial.repeats
    ]
    table = Table(("trial", "seed", "status", sweep.metric, "time", "model"), rows)
    if not any(sweep.spread(trial) for trial in repeated):
        return [table]
    return [Figure(f"{sweep.metric} with other seeds", sweep_figures.repeats(sweep), wide=True), table]


def _curves(sweep: Sweep) -> list[Figure]:
    if not any(trial.values(sweep.metric) for trial in sweep.trials):
        return []
    return [Figure(f"{sweep.metric} of every trial", sweep_figures.curves(sweep), wide=True)]


def _importance(sweep: Sweep) -> list[Block]:
    if not _scored(sweep) or len(sweep.parameters()) < 2:
        return []
    found = importance(sweep)
    if not found:
        few = f"Fewer than {FEWEST} trials can be compared: chance would say more than any parameter."
        return [Text("Not told yet", few)]
    return [
        Figure(
            "How much of the trials' order each parameter explains by itself",
            sweep_effects.importance(found),
            "Epsilon squared of the Kruskal-Wallis test, at the last epoch that all compared trials reached. Grey: "
            "chance alone gives as much once in twenty times or more. What only a pair does is not seen.",
            wide=True,
        )
    ]


def _effects(sweep: Sweep) -> list[Figure]:
    if not _scored(sweep):
        return []
    singles = [Figure(key, sweep_effects.effect(sweep, key)) for key in sweep.parameters()]
    together = Figure(
        "All parameters together", sweep_effects.parallel(sweep), "One line a trial; the thick one won.", wide=True
    )
    return [*singles, together] if len(singles) > 1 else singles


def _pairs(sweep: Sweep) -> list[Figure]:
    if len(_scored(sweep)) < 3:
        return []
    keys = [one.key for one in importance(sweep)] or sweep.parameters()
    return [Figure(title, made) for title, made in sweep_effects.pairs(sweep, keys[: sweep_effects.PAIRED])]


def _times(sweep: Sweep) -> list[Figure]:
    if not any(trial.seconds > 0 for trial in sweep.trials):
        return []
    return [Figure("Time of each trial", sweep_figures.times(sweep), wide=True)]


def _failures(sweep: Sweep) -> list[Text]:
    failed: list[tuple[str, str, str]] = [
        (trial.id, trial.reason, trial.trace) for trial in sweep.trials if trial.status == "failed"
    ]
    for trial in sweep.trials:
        failed += [
            (f"{trial.id}, seed {one.seed}", one.reason, one.trace) for one in trial.repeats if one.status == "failed"
        ]
    return [Text(f"{name}: {reason}", trace or reason) for name, reason, trace in failed]


def _each(sweep: Sweep, commands: TrialCommands) -> list[Details]:
    """What each trial was, exactly, and what to type to have it again."""
    return [
        Details(
            f"{trial.id}: {trial.status}"
            + (f", {sweep.metric} {cell(best)}" if (best := sweep.best(trial)) is not None else ""),
            [
                *(Command(title, text) for title, text in commands.get(trial.id, {}).items()),
                *([_whole(trial)] if trial.config else []),
            ],
        )
        for trial in sweep.ranked()
        if trial.config or trial.id in commands
    ]


def _whole(trial: Trial) -> Text:
    # Not YAML, whose writer takes seconds for some hundred trials, and the page is written again and again.
    lines = [
        f"{key}={cell(value) if isinstance(value, bool) else value!r}" for key, value in flatten(trial.config).items()
    ]
    return Text("Its whole configuration", "\n".join(lines))


def _configuration(sweep: Sweep) -> list[Table]:
    flat = flatten(sweep.config)
    return [Table(("key", "value"), [[key, value] for key, value in flat.items()])] if flat else []


def _scored(sweep: Sweep) -> list[Trial]:
    return [trial for trial in sweep.trials if sweep.best(trial) is not None]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
