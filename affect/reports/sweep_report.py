"""The report of a sweep: a page, and the same as CSV and JSON."""

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import yaml

from affect import storage
from affect.configuration import flatten
from affect.models.files import WINNER
from affect.reports import sweep_figures
from affect.reports.report import (
    NOTHING,
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
from affect.runs import REPORT
from affect.tuning.importance import BEST_SHARE, FEWEST_TRIALS, Importance, importances
from affect.tuning.record import SWEEP, keep_sweep, winner_told
from affect.tuning.results import Phase, Repeat, Spread, Status, Sweep, Trial

_TONES: Mapping[Status, Badge] = {
    "finished": Badge("finished", "good"),
    "stopped early": Badge("stopped early"),
    "failed": Badge("failed", "bad"),
    "running": Badge("running", "accent"),
    "waiting": Badge("waiting"),
}
_PHASES: Mapping[Phase, Badge] = {
    "searching": Badge("searching", "accent"),
    "repeating": Badge("training the best again", "accent"),
    "finished": Badge("finished", "good"),
}

MOST_IN_PAIRS = 4
"""Parameters of which each pair is drawn: six figures."""


def write_sweep(
    sweep: Sweep,
    commands: Mapping[str, str] | None = None,
    trial_commands: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Write report.html, trials.csv and sweep.json into the sweep's folder; winner.json once it finished with one.

    ``commands`` are shell lines by what they do; ``trial_commands`` the same of each trial, by its id.
    """
    keep_sweep(sweep)
    storage.write_text(storage.join(sweep.uri, "trials.csv"), sweep.table().to_csv(index=False))
    page = sweep_report(sweep, commands or {}, trial_commands or {})
    write(page, storage.join(sweep.uri, REPORT))
    if sweep.finished and sweep.winner() is not None:
        storage.write_text(storage.join(sweep.uri, WINNER), json.dumps(winner_told(sweep), indent=2) + "\n")


def sweep_report(
    sweep: Sweep, commands: Mapping[str, str], trial_commands: Mapping[str, Mapping[str, str]] | None = None
) -> Report:
    """The page of a sweep. ``commands`` are shown when there is a winner, ``trial_commands`` with each trial."""
    found = importances(sweep)
    return Report(
        title=f"Sweep {sweep.name}",
        subtitle=sweep.uri,
        badges=_badges(sweep),
        tiles=_tiles(sweep),
        links={"trials.csv": "trials.csv", SWEEP: SWEEP},
        refresh_s=None if sweep.finished else 20,
        sections=[
            Section("Winner", _winner(sweep, commands)),
            Section("Leader board", _board(sweep), note=_board_note(sweep)),
            Section(
                "Seeds",
                _seeds(sweep),
                note="The best were trained again exactly as they were but for the seed. A search's highest result is "
                "partly luck; what to expect of the configuration is the mean. Bars are one standard deviation.",
            ),
            Section("Curves", _curves(sweep), note=f"{sweep.metric} on the validation split after each epoch."),
            Section("What mattered", _mattered(sweep, found), note=_importance_note(sweep, found)),
            Section(
                "Effect of each parameter",
                _effects(sweep),
                note="Each point is a trial. Open circles were stopped early, so their value is of fewer epochs.",
            ),
            Section("Pairs of parameters", _pairs(sweep, found), note=_pairs_note(sweep)),
            Section("Time and cost", _times(sweep), note=_times_note(sweep)),
            Section("Stopped early and failed", _ended(sweep)),
            Section(
                "Every trial",
                _every(sweep, trial_commands or {}),
                note="In the order of the leader board: exact parameters, whole configuration, commands.",
            ),
            Section("Configuration of the sweep", _configuration(sweep), folded=True),
        ],
    )


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
    others = ", ".join(f"{count} {status}" for status, count in counts.items())
    hours = [
        (name, sum(map(of, sweep.trials)))
        for name, of in (("CPU-hours", _cpu_hours), ("GPU-hours", _gpu_hours))
        if any(of(trial) > 0 for trial in sweep.trials)
    ]
    cost = _money(sweep, sweep.trials)
    return [
        *_best(sweep),
        Tile("Trials", f"{ended} of {sweep.planned}", others),
        Tile("Time", _duration(sweep.seconds)),
        *(Tile(name, cell(total)) for name, total in hours),
        *([Tile("Cost", cost)] if cost else []),
        Tile("Parameters", str(len(sweep.parameters())), ", ".join(map(short, sweep.parameters()))),
    ]


def _best(sweep: Sweep) -> list[Tile]:
    winner = sweep.winner()
    if winner is None:
        return []
    spread = sweep.spread(winner)
    if spread is None:
        return [Tile(f"Best {sweep.metric}", cell(winner.result), f"trial {winner.id}, one seed")]
    note = f"trial {winner.id}, mean of {spread.count} seed{'s' if spread.count > 1 else ''}"
    return [Tile(f"Best {sweep.metric}", _shown(spread), note)]


def _winner(sweep: Sweep, commands: Mapping[str, str]) -> list[Block]:
    winner = sweep.winner()
    if winner is None:
        return []
    spread = sweep.spread(winner)
    rows: list[list[Any]] = [
        ["trial", winner.id],
        [f"{sweep.metric} in the search", winner.result],
        *([[f"{sweep.metric} over {spread.count} seeds", _shown(spread)]] if spread else []),
        ["epochs", winner.epochs],
        ["model", sweep.winning_model()],
    ]
    whole = Text("Its whole configuration", _config(winner))
    return [
        Table(("", "winner"), [*rows, *_exact(sweep, winner)]),
        *(Command(title, text) for title, text in commands.items()),
        *([whole] if winner.config else []),
    ]


def _exact(sweep: Sweep, trial: Trial) -> list[list[Any]]:
    return [[key, repr(trial.parameters.get(key))] for key in sweep.parameters()]


def _board(sweep: Sweep) -> list[Table]:
    winner = sweep.winner()
    ranked = sweep.ranked()
    columns: list[tuple[str, Callable[[Trial], Any]]] = [
        ("trial", lambda trial: f"★ {trial.id}" if trial is winner else trial.id),
        ("#", lambda trial: ranked.index(trial) + 1),
        (sweep.metric, sweep.best),
    ]
    if any(trial.repeats for trial in ranked):
        columns += [
            ("over seeds", lambda trial: _shown(sweep.spread(trial))),
            ("seeds", lambda trial: spread.count if (spread := sweep.spread(trial)) else None),
        ]
    columns.append(("status", lambda trial: _TONES[trial.status]))
    columns += [(short(key), _value_of(key)) for key in sweep.parameters()]
    columns += [("epochs", lambda trial: trial.epochs), ("time", lambda trial: _duration(trial.seconds))]
    if any(trial.cpu_hours for trial in ranked):
        columns.append(("CPU-h", _cpu_hours))
    if any(trial.gpu_hours for trial in ranked):
        columns.append(("GPU-h", _gpu_hours))
    if sweep.prices is not None:
        columns.append((sweep.prices.currency, sweep.cost))
    columns.append(("attempts", lambda trial: trial.attempts))
    rows = [[of(trial) for _, of in columns] for trial in ranked]
    highlight = ranked.index(winner) if winner else None
    return [Table([name for name, _ in columns], rows, highlight=highlight, pinned=True)] if rows else []


def _board_note(sweep: Sweep) -> str:
    note = f"{sweep.metric} is that of the model that a trial left. One that left none is placed by its best epoch."
    if any(trial.repeats for trial in sweep.trials):
        note += " Over seeds: mean ± standard deviation of the repeats, without the trial itself."
    return note


def _value_of(key: str) -> Callable[[Trial], Any]:
    return lambda trial: trial.parameters.get(key)


def _seeds(sweep: Sweep) -> list[Block]:
    repeated = [trial for trial in sweep.ranked() if trial.repeats]
    blocks: list[Block] = []
    if any(sweep.spread(trial) for trial in repeated):
        told = "; ".join(f"{trial.id}: {_shown(spread)}" for trial in repeated if (spread := sweep.spread(trial)))
        blocks.append(Figure("Each seed", sweep_figures.seeds(sweep), wide=True, alt=f"Means over seeds. {told}."))
    if repeated:
        rows = [_seed_row(trial, repeat) for trial in repeated for repeat in trial.repeats]
        blocks.append(Table(("trial", "seed", "status", sweep.metric, "epochs", "time", "reason"), rows, pinned=True))
    return blocks


def _seed_row(trial: Trial, repeat: Repeat) -> list[Any]:
    state = _TONES[repeat.status]
    return [trial.id, repeat.seed, state, repeat.result, repeat.epochs, _duration(repeat.seconds), repeat.reason]


def _curves(sweep: Sweep) -> list[Figure]:
    if not any(trial.values(sweep.metric) for trial in sweep.trials):
        return []
    counts = ", ".join(f"{count} {status}" for status, count in sweep.counts().items())
    made = Figure(
        f"{sweep.metric} of every trial",
        sweep_figures.curves(sweep),
        wide=True,
        alt=f"Lines of {sweep.metric} by epoch: {counts}. {_winning(sweep)}",
    )
    progress = Figure(
        "As the search went on",
        sweep_figures.progress(sweep),
        "Trials in the order they were begun; the line is the best of those that finished.",
        wide=True,
        alt=f"{sweep.metric} of each trial in order. {_winning(sweep)}",
    )
    return [made, progress]


def _winning(sweep: Sweep) -> str:
    winner = sweep.winner()
    return f"The winner is {winner.id} with {cell(winner.result)}." if winner else "There is no winner yet."


def _mattered(sweep: Sweep, found: Sequence[Importance]) -> list[Figure]:
    if len(sweep.parameters()) < 2 or not _scored(sweep):
        return []
    together = Figure(
        "All parameters together",
        sweep_figures.parallel(sweep),
        "One line a trial, the stronger the better; the thick one won.",
        wide=True,
        alt=f"Parallel coordinates of {', '.join(map(short, sweep.parameters()))}. {_winning(sweep)}",
    )
    if not found:
        return [together]
    told = ", ".join(f"{short(one.key)} {one.value:.0%} (chance below {one.chance:.0%})" for one in found)
    return [Figure("Importance", sweep_figures.importance(found), wide=True, alt=f"Importance: {told}."), together]


def _importance_note(sweep: Sweep, found: Sequence[Importance]) -> str:
    scored = sum(trial.status in {"finished", "stopped early"} for trial in _scored(sweep))
    if not found:
        return (
            f"Importance is left out: {scored} trials have ended with a figure, and fewer than {FEWEST_TRIALS} "
            "would say more of chance than of the parameters."
        )
    return (
        f"Importance by PED-ANOVA (Watanabe and others, IJCAI 2023): how much the values of the best {BEST_SHARE:.0%} "
        f"of {scored} trials differ from those of all. The mark is what 19 of 20 random choices of as many trials "
        "stay below; a grey bar that does not pass it may be chance. It counts each parameter by itself: what only "
        "two together do is seen among the pairs."
    )


def _effects(sweep: Sweep) -> list[Figure]:
    if not _scored(sweep):
        return []
    return [
        Figure(key, sweep_figures.effect(sweep, key), alt=f"{sweep.metric} of each trial against {short(key)}.")
        for key in sweep.parameters()
    ]


def _pairs(sweep: Sweep, found: Sequence[Importance]) -> list[Figure]:
    if len(_scored(sweep)) < 2:
        return []
    order = [one.key for one in found]
    keys = order + [key for key in sweep.parameters() if key not in order]
    return [
        Figure(
            f"{short(first)} and {short(second)}",
            sweep_figures.pair(sweep, first, second),
            alt=f"Each trial at its {short(first)} and {short(second)}, coloured by {sweep.metric}.",
        )
        for first, second in combinations(keys[:MOST_IN_PAIRS], 2)
    ]


def _pairs_note(sweep: Sweep) -> str:
    better = "Brighter" if sweep.mode == "max" else "Brighter, which is lower,"
    note = f"Each point is a trial; the star won. {better} is better, small ones did not finish."
    left = len(sweep.parameters()) - MOST_IN_PAIRS
    return f"{note} Of the {MOST_IN_PAIRS} foremost parameters; {left} are left out." if left > 0 else note


def _times(sweep: Sweep) -> list[Block]:
    spent = [trial for trial in sweep.trials if trial.seconds > 0]
    if not spent:
        return []
    groups: dict[str, list[Trial]] = {
        status: [trial for trial in spent if trial.status == status] for status in sweep.counts()
    }
    columns: list[tuple[str, Callable[[Sequence[Trial]], Any]]] = [
        ("trials", len),
        ("time", lambda trials: _duration(sum(trial.seconds for trial in trials))),
        ("a trial", lambda trials: _duration(sum(trial.seconds for trial in trials) / len(trials))),
        ("epochs", lambda trials: sum(trial.epochs for trial in trials)),
        ("CPU-hours", lambda trials: sum(map(_cpu_hours, trials))),
        ("GPU-hours", lambda trials: sum(map(_gpu_hours, trials))),
    ]
    if sweep.prices is not None:
        columns.append(("cost", lambda trials: _money(sweep, trials)))
    rows = [
        [name, *(of(members) for _, of in columns)] for name, members in [*groups.items(), ("all", spent)] if members
    ]
    table = Table(("", *(name for name, _ in columns)), rows, highlight=len(rows) - 1, pinned=True)
    alt = f"{sweep.metric} of each trial against the time it took."
    return [table, Figure("What time bought", sweep_figures.times(sweep), wide=True, alt=alt)]


def _times_note(sweep: Sweep) -> str:
    note = "From start to end of each trial, start-up and repeated attempts included. Hours are those that workers held"
    note += ", with their repeats." if any(trial.repeats for trial in sweep.trials) else "."
    if sweep.prices is None:
        return f"{note} With prices.cpu_hour and prices.gpu_hour set, what they cost stands here."
    prices = sweep.prices
    return f"{note} A CPU-hour at {cell(prices.cpu_hour)} {prices.currency}, a GPU-hour at {cell(prices.gpu_hour)}."


def _ended(sweep: Sweep) -> list[Block]:
    failed = [trial for trial in sweep.trials if trial.status == "failed"]
    stopped = [trial for trial in sweep.ranked() if trial.status == "stopped early"]
    repeats = [(trial, repeat) for trial in sweep.trials for repeat in trial.repeats if repeat.status == "failed"]
    rows = [
        *(_end_row(trial.id, trial, sweep.best(trial), trial.reason) for trial in failed),
        *(_end_row(f"{trial.id}, seed {repeat.seed}", repeat, None, repeat.reason) for trial, repeat in repeats),
        *(_end_row(trial.id, trial, sweep.best(trial), _behind(sweep, trial)) for trial in stopped),
    ]
    traces = [Text(f"Trace of {trial.id}", trial.trace) for trial in failed if trial.trace]
    traces += [
        Text(f"Trace of {trial.id}, seed {repeat.seed}", repeat.trace) for trial, repeat in repeats if repeat.trace
    ]
    columns = ("trial", "status", "reason", "last epoch", f"best {sweep.metric}", "attempts")
    return [Table(columns, rows, pinned=True), *traces] if rows else []


def _end_row(name: str, ended: Trial | Repeat, best: float | None, reason: str) -> list[Any]:
    return [name, _TONES[ended.status], reason, ended.epochs, best, ended.attempts]


def _behind(sweep: Sweep, trial: Trial) -> str:
    """How the trial stood, where it was stopped, among those that had come as far."""
    if not trial.epochs:
        return "no epoch was reported"
    better = max if sweep.mode == "max" else min

    def until(other: Trial) -> float | None:
        values = [value for epoch, value in other.values(sweep.metric).items() if epoch <= trial.epochs]
        return better(values) if values and other.epochs >= trial.epochs else None

    own = until(trial)
    others = [value for other in sweep.trials if (value := until(other)) is not None]
    if own is None:
        return "the metric was not reported"
    ahead = sum(value > own if sweep.mode == "max" else value < own for value in others)
    return f"{ahead} of the {len(others)} trials that came to epoch {trial.epochs} were ahead of it by then"


def _every(sweep: Sweep, commands: Mapping[str, Mapping[str, str]]) -> list[Details]:
    return [
        Details(
            f"{trial.id}   {cell(sweep.best(trial))}",
            [
                Table(("parameter", "value"), _exact(sweep, trial)),
                *(Command(title, text) for title, text in commands.get(trial.id, {}).items()),
                *([Text("Configuration", _config(trial))] if trial.config else []),
            ],
            badges=[_TONES[trial.status]],
            key=trial.id,
        )
        for trial in sweep.ranked()
    ]


def _config(trial: Trial) -> str:
    # The safe dumper in C: the page of some hundred trials is written again and again.
    return str(yaml.dump(trial.config, Dumper=yaml.CSafeDumper, sort_keys=False))


def _configuration(sweep: Sweep) -> list[Table]:
    flat = flatten(sweep.config)
    return [Table(("key", "value"), [[key, value] for key, value in flat.items()])] if flat else []


def _scored(sweep: Sweep) -> list[Trial]:
    return [trial for trial in sweep.trials if sweep.best(trial) is not None]


def _cpu_hours(trial: Trial) -> float:
    return trial.cpu_hours


def _gpu_hours(trial: Trial) -> float:
    return trial.gpu_hours


def _money(sweep: Sweep, trials: Sequence[Trial]) -> str:
    if sweep.prices is None:
        return ""
    return f"{sum(sweep.cost(trial) or 0.0 for trial in trials):,.2f} {sweep.prices.currency}"


def _shown(spread: Spread | None) -> str:
    if spread is None:
        return NOTHING
    return cell(spread.mean) if spread.deviation is None else f"{cell(spread.mean)} ± {spread.deviation:.2g}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
