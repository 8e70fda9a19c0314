"""Where a training differs from the paper's: told by comparing the two configurations."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import yaml

from affect.configuration import Configuration
from affect.training.settings import CHANGEABLE, TrainConfig

TOLD_ELSEWHERE = frozenset({"recipe", "paper", "tables", "labels", "corpora", "data", "weights", "pretrained", "start"})
"""Names, and where data and beginnings come from: what of these is lacking is told by affect.reproduction.route."""


def departures(paper: TrainConfig, run: TrainConfig) -> list[str]:
    """In words every setting of ``run`` that changes what is learnt and is not ``paper``'s."""
    left = TOLD_ELSEWHERE | CHANGEABLE
    changed = [one for one in changes(paper, run) if one[0].partition(".")[0] not in left]
    return [_told(*one) for one in changed]


def assignments(base: TrainConfig, config: TrainConfig) -> list[str]:
    """What --set must be given so that ``base`` becomes ``config``; where its rows lie is left out."""
    return [f"{key}={_flow(after)}" for key, _, after in changes(base, config) if key != "data"]


def changes(before: Configuration, after: Configuration) -> Iterator[tuple[str, Any, Any]]:
    """Every value that differs, by its dotted key; where one side has no such block, the block whole."""
    yield from _changes(before.model_dump(mode="json"), after.model_dump(mode="json"), "")


def _changes(before: dict[str, Any], after: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any, Any]]:
    for key, value in after.items():
        old = before.get(key)
        if isinstance(old, dict) and isinstance(value, dict) and old.keys() == value.keys():
            yield from _changes(old, value, f"{prefix}{key}.")
        elif old != value:
            yield f"{prefix}{key}", old, value


def _told(key: str, before: Any, after: Any) -> str:
    match key:
        case "network.width":
            return f"width {Fraction(after).limit_denominator(64)}"
        case "network.input_size":
            return f"pictures of {after} pixels instead of {before}"
        case "epochs":
            return f"{after} {'epoch' if after == 1 else 'epochs'} instead of {before}"
        case "batch.rows_per_epoch" if before is None:
            return f"epochs of {after:,} rows"
        case _:
            name = key.removeprefix("network.").removeprefix("optimiser.").replace("_", " ")
            return f"{name} {_word(after)} instead of {_word(before)}"


def _word(value: Any) -> str:
    return "none" if value is None else _flow(value)


def _flow(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("\n...\n").strip()
