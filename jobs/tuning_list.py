"""What ``python -m jobs.tune --list`` and ``--dry-run`` show."""

import ray
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from affect.errors import AffectError
from affect.tuning.settings import SweepConfig
from affect.tuning.space import Choice, Distribution, LogUniform
from jobs.dry_run import show_examination
from jobs.recipes import TRAIN_RECIPES
from jobs.recipes.sweeps import SWEEP_RECIPES, sweep_recipe
from jobs.room import held, runs_at_a_time, scaling


def show_sweeps(word: str = "") -> None:
    """Sweeps of their own, then every recipe with its default space, those with ``word`` in their line."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 190
    shown = 0
    for title, names in (
        ("Sweeps of their own", SWEEP_RECIPES),
        ("Recipes, over what is searched of each", TRAIN_RECIPES),
    ):
        table = Table(
            "sweep", "space", "where from", "trials", title=title, title_justify="left", box=None, padding=(0, 1)
        )
        table.columns[0].no_wrap = True
        for name in names:
            config = sweep_recipe(name)
            line = (name, told_space(config), config.paper, str(config.planned))
            if word.lower() in " ".join(line).lower():
                table.add_row(*map(escape, line))
        if table.row_count:
            console.print(table, end="\n\n")
        shown += table.row_count
    if not shown:
        raise AffectError(f"no sweep has {word!r} in its line; python -m jobs.tune --list shows all")
    console.print(
        f"{shown} of {len(SWEEP_RECIPES) + len(TRAIN_RECIPES)}. --list WORD shows those with WORD in their line. "
        "--set space.KEY... changes a space; --small searches the narrow form."
    )


def told_space(config: SweepConfig) -> str:
    """The space in a line."""
    return ", ".join(f"{key.rsplit('.', 1)[-1]} {_told(values)}" for key, values in config.space.items())


def _told(distribution: Distribution) -> str:
    if isinstance(distribution, Choice):
        return "{" + ", ".join(str(value) for value in distribution.values) + "}"
    log = ", log" if isinstance(distribution, LogUniform) else ""
    return f"{distribution.low:g} to {distribution.high:g}{log}"


def show_plan(config: SweepConfig) -> None:
    """Print what a trial needs, how many there are and how many at a time; AffectError lists what stands in the way."""
    found = show_examination(config.resolve({}), lambda one: scaling(one.resources))
    largest = config.largest()
    on_cluster = bool(ray.is_initialized())
    at_a_time = runs_at_a_time(largest, config.concurrent) if on_cluster else config.concurrent
    one = found[-1]
    hours = None
    if one.step_seconds is not None and one.data is not None:
        hours = one.step_seconds * one.data.steps / 3600
    repeats = min(config.best, config.planned) * config.seeds
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"space: {escape(told_space(config))} ({escape(config.paper)})")
    console.print(
        f"search: {config.search}, {config.planned} trials of {config.train.epochs} epochs{_budgets(config)}; ASHA "
        f"lets 1 in {config.reduction_factor:g} go on, first after epoch {config.first_rung}"
    )
    if config.shared():
        console.print(f"trained once, for all trials: {', '.join(config.shared())}")
    console.print(
        f"then the {min(config.best, config.planned)} best are trained again with {config.seeds} seeds each: "
        f"{repeats} runs in full"
        if repeats
        else "the best are not trained again (best or seeds is 0)"
    )
    cpus, gpus = (
        held(largest) if on_cluster or largest.gpu != "auto" else (largest.workers * largest.cpus_per_worker, None)
    )
    places = "as many as a cluster has room for" if at_a_time is None else str(at_a_time)
    console.print(f"room: {places} at a time, each with {largest.workers} workers, {cpus:g} CPUs"
                  + ("" if gpus is None else f" and {gpus:g} GPUs")
                  + f" for them and {largest.workers * largest.data_cpus_per_worker:g} CPUs for reading")  # fmt: skip
    if hours is None:
        console.print("time: unknown; the time of a trial could not be measured")
        return
    whole = (config.planned + repeats) * hours
    console.print(f"time: at most about {whole:.3g} hours of learning on this CPU in all, were no trial stopped early"
                  + (f"; {whole / at_a_time:.3g} with {at_a_time} at a time" if at_a_time else ""))  # fmt: skip


def _budgets(config: SweepConfig) -> str:
    hours = f", within {config.hours:g} hours" if config.hours is not None else ""
    rows = f", within {config.samples:,} training rows" if config.samples is not None else ""
    return hours + rows
