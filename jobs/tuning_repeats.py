"""The best configurations of a sweep trained again in full with other seeds, so that the winner is not luck."""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError

from affect.errors import AffectError
from affect.pacing import between_lines, duration
from affect.training.indexes import Indexes
from affect.training.settings import Chain, TrainConfig
from affect.tuning.results import Repeat, Sweep, Trial
from affect.tuning.trials import last_of, reached, read_history_into, repeat_uri, run_of, run_uri, with_seed
from jobs.room import held
from jobs.tuning_trial import explain, train_in_full

logger = logging.getLogger("affect")

LOOK_SECONDS = 5.0


@dataclass
class _Running:
    trial: Trial
    repeat: Repeat
    looked: float


def run_repeats(
    sweep: Sweep,
    retries: int,
    known: Sequence[Indexes],
    at_a_time: int,
    write: Callable[[Sweep], None],
    train: Callable[..., dict[str, Any]] | None = None,
) -> None:
    """Train all repeats that have not ended, ``at_a_time``; one that fails is tried again ``retries`` times.

    ``write`` is called when one begins or ends, and now and then between. ``train`` is what runs for each, ``_train``.
    """
    waiting = deque((trial, repeat) for trial in sweep.trials for repeat in trial.repeats if not repeat.ended)
    total = sum(len(trial.repeats) for trial in sweep.trials)
    shared = ray.put(list(known))
    task = ray.remote(num_cpus=0, max_retries=0)(train or _train)
    running: dict[Any, _Running] = {}
    tries: dict[tuple[str, int], int] = {}
    began = told = written = time.monotonic()
    try:
        while waiting or running:
            while waiting and len(running) < at_a_time:
                trial, repeat = waiting.popleft()
                repeat.status, repeat.attempts = "running", repeat.attempts + 1
                tries[trial.id, repeat.seed] = tries.get((trial.id, repeat.seed), 0) + 1
                run = with_seed(run_of(trial), repeat.seed)
                reference = task.remote(
                    run.model_dump(mode="json"), repeat_uri(trial, repeat), isinstance(run, Chain), shared
                )
                running[reference] = _Running(trial, repeat, time.monotonic())
                write(sweep)
            ready, _ = ray.wait(list(running), timeout=LOOK_SECONDS)
            now = time.monotonic()
            sweep.seconds += now - written
            written = now
            for one in running.values():
                _clock(one)
            for reference in ready:
                one = running.pop(reference)
                _end(sweep, one, reference)
                if one.repeat.status == "failed" and tries[one.trial.id, one.repeat.seed] <= retries:
                    logger.warning("trial %s, seed %d failed and starts again: %s", one.trial.id, one.repeat.seed,
                                   one.repeat.reason)  # fmt: skip
                    one.repeat.status = "waiting"
                    waiting.append((one.trial, one.repeat))
            if ready or now - told > between_lines(now - began, LOOK_SECONDS * 2):
                _tell(sweep, total, at_a_time)
                told = now
                write(sweep)
    finally:
        for reference in running:
            ray.cancel(reference, force=True)


def _train(settings: dict[str, Any], uri: str, chain: bool, known: list[Indexes]) -> dict[str, Any]:
    """The answer of a run, or why it failed."""
    logging.getLogger("affect").setLevel(logging.INFO)
    run = (Chain if chain else TrainConfig).parse(settings)
    try:
        return train_in_full(run, uri, known)
    except Exception as error:  # noqa: BLE001 - whatever it was, the others go on and the sweep shows it
        return {"failed": explain(error)}


def _clock(one: _Running) -> None:
    now = time.monotonic()
    hours = (now - one.looked) / 3600
    cpus, gpus = held(last_of(run_of(one.trial)).resources)
    one.repeat.seconds += now - one.looked
    one.trial.cpu_hours += hours * cpus
    one.trial.gpu_hours += hours * gpus
    one.looked = now
    read_history_into(one.repeat, run_uri(run_of(one.trial), repeat_uri(one.trial, one.repeat)))


def _end(sweep: Sweep, one: _Running, reference: Any) -> None:
    repeat = one.repeat
    try:
        answer = ray.get(reference)
        if "failed" not in answer:
            repeat.result = reached(answer["metrics"]["validation"], sweep.metric)
            repeat.metrics, repeat.model = answer["metrics"], answer["model"]
            repeat.status, repeat.reason, repeat.trace = "finished", "", ""
            return
        repeat.reason, _, repeat.trace = answer["failed"].partition("\n")
    except (RayError, AffectError) as error:  # its whole process died, or it diverged
        repeat.reason, _, repeat.trace = explain(error).partition("\n")
    repeat.status = "failed"


def _tell(sweep: Sweep, total: int, at_a_time: int) -> None:
    repeats = [repeat for trial in sweep.trials for repeat in trial.repeats]
    ended = [repeat for repeat in repeats if repeat.ended]
    whole = [repeat.seconds for repeat in ended if repeat.status == "finished"]
    whole = whole or [trial.seconds for trial in sweep.trials if trial.status == "finished" and trial.seconds]
    left = ""
    if whole and len(ended) < total:
        typical = sum(whole) / len(whole)
        seconds = sum(max(0.0, typical - repeat.seconds) for repeat in repeats if not repeat.ended) / at_a_time
        left = f", about {duration(seconds)} left"
    running = ", ".join(
        f"{trial.id} with seed {repeat.seed} after epoch {repeat.epochs}"
        for trial in sweep.trials
        for repeat in trial.repeats
        if repeat.status == "running"
    )
    logger.info("%d of %d repeats ended%s%s", len(ended), total, f"; running: {running}" if running else "", left)
