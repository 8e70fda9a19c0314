"""What a sweep has come to: its record, sweep.json of its folder, how long it takes yet, and who won."""

from typing import Any

from affect import storage
from affect.tuning.results import Repeat, Sweep, Trial
from affect.tuning.settings import SweepConfig

SWEEP = "sweep.json"


def read_sweep(uri: str) -> Sweep:
    """The record in a sweep's folder."""
    return Sweep.from_json(storage.read_text(storage.join(uri, SWEEP)))


def begun_sweep(uri: str) -> Sweep | None:
    """The same; None where none has begun."""
    return read_sweep(uri) if storage.exists(storage.join(uri, SWEEP)) else None


def keep_sweep(sweep: Sweep) -> None:
    """Write the record into the sweep's folder."""
    storage.write_text(storage.join(sweep.uri, SWEEP), sweep.to_json())


def left(sweep: Sweep, config: SweepConfig, at_a_time: int) -> float | None:
    """Seconds until the search ends, as trials took so long until now; None before one has ended.

    A budget of hours ends it no later than that and one trial more; the repeats are not counted.
    """
    taken = [trial.seconds for trial in sweep.trials if trial.ended]
    if not taken:
        return None
    typical = sum(taken) / len(taken)
    running = sum(max(0.0, typical - trial.seconds) for trial in sweep.trials if not trial.ended)
    whole = (running + (sweep.planned - len(sweep.trials)) * typical) / at_a_time
    if config.hours is None:
        return whole
    return min(whole, max(0.0, config.hours * 3600 - sweep.seconds) + typical)


def winner_told(sweep: Sweep) -> dict[str, Any]:
    """What winner.json says: which model it names and what that came to, and how sure that is.

    ``value`` is the sweep's metric of the named model on the validation split. With repeats it is the best of the
    seeds, and ``mean`` says what to expect of another.
    """
    winner, spread = sweep.winner(), None
    assert winner is not None
    if winner.repeats:
        spread = sweep.spread(winner)
    model = sweep.winning_model()
    named: Trial | Repeat = next((repeat for repeat in winner.repeats if repeat.model == model), winner)
    told: dict[str, Any] = {
        "model": model,
        "trial": winner.id,
        "metric": sweep.metric,
        "value": named.result,
        "metrics": named.metrics,
        "parameters": winner.parameters,
        "config": winner.config,
    }
    if spread is not None:
        told["search_value"] = winner.result
        told |= {"mean": spread.mean, "deviation": spread.deviation}
        told["seeds"] = [
            {
                "seed": repeat.seed,
                "status": repeat.status,
                "value": repeat.result,
                "metrics": repeat.metrics,
                "model": repeat.model,
                "reason": repeat.reason,
            }
            for repeat in winner.repeats
        ]
        told["seed"] = next((repeat.seed for repeat in winner.repeats if repeat.model == model), None)
    return told
