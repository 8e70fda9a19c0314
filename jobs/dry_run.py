"""What ``python -m jobs.train RECIPE --dry-run`` shows."""

import os
from collections.abc import Callable

import ray
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from affect.errors import AffectError
from affect.training.dry_run import Examination, examine, examine_chain
from affect.training.settings import Chain, TrainConfig


def show_examination(config: TrainConfig | Chain, check_room: Callable[[TrainConfig], object]) -> list[Examination]:
    """Print what a run needs and what to think about; AffectError lists every fault, if there is any.

    ``check_room`` is asked where a Ray cluster is running; otherwise the run would start one on this machine.
    """
    began_here = not ray.is_initialized()
    cluster = _cluster()
    check = check_room if cluster else _on_this_machine
    found = examine_chain(config, check) if isinstance(config, Chain) else [examine(config, check)]
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160
    for one in found:
        console.print(_needs(one, cluster))
        for caution in one.cautions:
            console.print(f"[yellow]note[/] {escape(caution)}", soft_wrap=True)
    if cluster and began_here:
        ray.shutdown()
    faults = [f"{one.stage}: {fault}" if one.stage else fault for one in found for fault in one.faults]
    if faults:
        count = "one thing stands" if len(faults) == 1 else f"{len(faults)} things stand"
        raise AffectError(f"{count} in the way of {config.recipe}:\n  " + "\n  ".join(faults))
    console.print(f"[green]nothing stands in the way of[/] {config.recipe}")
    return found


def _cluster() -> bool:
    """Whether this is a job on a Ray cluster, or one is named in RAY_ADDRESS; it is then connected to it."""
    if not ray.is_initialized() and os.environ.get("RAY_ADDRESS"):
        ray.init(log_to_driver=False, logging_level="ERROR")
    return bool(ray.is_initialized())


def _on_this_machine(config: TrainConfig) -> None:
    wanted, cores = config.resources, os.cpu_count() or 1
    cpus = wanted.workers * (wanted.cpus_per_worker + wanted.data_cpus_per_worker)
    if cpus > cores:
        raise AffectError(
            f"no Ray cluster is running, and of the {cores} CPUs of this machine the run asks for {cpus:g}; start one, "
            "or lower resources.workers, cpus_per_worker or data_cpus_per_worker"
        )


def _needs(one: Examination, cluster: bool) -> Table:
    config, data, room = one.config, one.data, one.config.resources
    tables = f", Table {', '.join(config.tables)}" if config.tables else ""
    sizes = data.sizes if data else {"in all": config.batch.size}
    epochs = f"{config.epochs} epochs"
    lines = {
        "recipe": f"{config.recipe}: {config.paper}{tables}",
        "data": _data(one),
        "batch": ", ".join(f"{head} {size}" for head, size in sizes.items()),
        "steps": f"{data.steps:,}, {data.steps_per_epoch:,} in each of {epochs}" if data else f"unknown; {epochs}",
        "network": f"{one.parameters:,} parameters, {one.trained:,} of them trained",
        "a frame": f"{one.multiply_adds / 1e9:.2f} G multiply-adds",
        "memory": _memory(one),
        "room": f"{room.workers} x {room.cpus_per_worker:g} CPUs, and {room.data_cpus_per_worker:g} each for reading; "
        f"GPUs: {room.gpu}" + ("" if cluster else "; no cluster is named, this machine is looked at"),
        "time": _time(one),
    }
    table = Table("", "", title=f"stage {one.stage}" if one.stage else None, title_justify="left", show_header=False)
    for name, value in lines.items():
        table.add_row(name, escape(value))
    return table


def _memory(one: Examination) -> str:
    memory = one.memory
    if memory is None:
        return "unknown"
    parts = {
        "weights": memory.weights,
        "gradients": memory.gradients,
        one.config.optimiser.name: memory.optimiser,
        "activations": memory.activations,
    }
    told = ", ".join(f"{name} {'unknown' if count is None else _bytes(count)}" for name, count in parts.items())
    return (
        f"about {_bytes(memory.total)} a worker, on a GPU or of a CPU's: {told}\n"
        "estimated in float32; the framework's own and the kernels' buffers come on top"
    )


def _data(one: Examination) -> str:
    if one.data is None:
        return f"wanted: {', '.join(one.config.corpora) or 'any rows'}"
    what = "sequences" if one.config.network.sequential else "rows"
    sets = ", ".join(f"{head} {count:,}" for head, count in one.data.train.items())
    return f"{', '.join(one.data.corpora)}: {what} to train on {sets}; to validate on {one.data.validation:,}"


def _time(one: Examination) -> str:
    if one.step_seconds is None:
        return "unknown: not measured" + (" while there are faults" if one.faults else "")
    threads = one.config.resources.threads
    of = f"from {one.measured_rows} of a step's {one.rows_per_step} frames, one worker, {threads} threads of this CPU"
    if one.data is None:
        return f"about {one.step_seconds:.3g} s a step ({of}); unknown on GPUs"
    hours = one.step_seconds * one.data.steps / 3600
    return f"about {hours:.3g} hours of learning ({of}); reading and validation on top; unknown on GPUs"


def _bytes(count: int) -> str:
    return f"{count / 2**30:.2f} GiB" if count >= 2**28 else f"{count / 2**20:.1f} MiB"
