"""The faults that a corpus's readers meet on many processes, told once."""

import re
from collections.abc import Iterable

_MORE = re.compile(r"([\d,]+) more", re.ASCII)


class JoinedFaults:
    """Faults by process: each reader lists the first of a kind and says how many more it met."""

    def __init__(self, before: Iterable[tuple[str, str]]) -> None:
        """``before`` is what was known before the readers went to their processes."""
        self._named: dict[tuple[str, str], None] = {}
        self._more: dict[str, dict[str, int]] = {}
        self._before: dict[str, int] = {}
        for name, reason in before:
            count = _count(name)
            if count is None:
                self._named[name, reason] = None
            else:
                self._before[reason] = count

    def add(self, process: str, faults: Iterable[tuple[str, str]]) -> None:
        """What the reader on ``process`` has met until now; replaces what it said before."""
        for name, reason in faults:
            count = _count(name)
            if count is None:
                self._named.setdefault((name, reason))
            else:
                self._more.setdefault(reason, {})[process] = count

    def listed(self) -> list[tuple[str, str]]:
        """Every fault that any reader names, then how many more there are of each kind."""
        told = list(self._named)
        for reason in dict.fromkeys([*self._before, *self._more]):
            before = self._before.get(reason, 0)
            count = before + sum(max(0, one - before) for one in self._more.get(reason, {}).values())
            told.append((f"{count:,} more", reason))
        return told


def _count(name: str) -> int | None:
    match = _MORE.fullmatch(name)
    return int(match[1].replace(",", "")) if match else None
