"""What was current under a name, when, and why: ``<store>/<name>/history/000001.json`` and so on.

A change is made by writing current.json, which holds it whole; its own file is written after that, once, and by
whoever comes next where the one who made the change did not get so far. So none is lost and none is written twice.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from affect import storage
from affect.configuration import Configuration
from affect.models import conditional
from affect.models.figures import Figure

CURRENT = "current.json"
HISTORY = "history"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class Change(Configuration):
    """One version taking the place of another."""

    number: int
    """From 1 on."""
    when: str = Field(default_factory=now)
    action: Literal["promote", "back"]
    version: str
    before: str | None
    """The version that was current; None of the first."""
    source: str = ""
    """The folder that was promoted."""
    reason: str = ""
    """Why it went back, or against the gate."""
    forced: bool = False
    """Whether the gate had refused it."""
    evaluated_on: str = ""
    """What the figures are of."""
    figures: tuple[Figure, ...] = ()
    """Of the version."""
    figures_before: tuple[Figure, ...] = ()
    """Of the one that it replaced."""
    tolerance: float | None = None


def read_current(folder: str) -> tuple[dict[str, Any], conditional.Tag] | None:
    """What current.json of a name says, and its tag; None where there is none."""
    found = conditional.read(storage.join(folder, CURRENT))
    return None if found is None else (json.loads(found[0]), found[1])


def last_change(state: dict[str, Any]) -> Change | None:
    """The change that made ``state`` of current.json; None of what was promoted before there was a history."""
    return Change.parse(state["change"]) if "change" in state else None


def keep(folder: str, change: Change) -> None:
    """Write a change's file, unless it is there."""
    conditional.create(_uri(folder, change.number), (change.model_dump_json(indent=2) + "\n").encode())


def read_history(folder: str) -> list[Change]:
    """All changes of a name, oldest first."""
    files = storage.list_files(storage.join(folder, HISTORY), suffix=".json", recursive=False)
    changes = [Change.parse(json.loads(storage.read_text(uri))) for uri in files]
    state = read_current(folder)
    last = last_change(state[0]) if state is not None else None
    if last is not None and last.number not in {change.number for change in changes}:
        changes.append(last)
    return sorted(changes, key=lambda change: change.number)


def came_before(changes: Sequence[Change]) -> str | None:
    """The version to which the one that is current goes back: what it replaced, however often one went back since."""
    behind: list[str] = []
    for change in changes:
        if change.action == "back" and change.version in behind:
            while behind.pop() != change.version:
                pass
        elif change.before is not None:
            behind.append(change.before)
    return behind[-1] if behind else None


def _uri(folder: str, number: int) -> str:
    return storage.join(folder, HISTORY, f"{number:06d}.json")
