"""What a corpus cannot yield, told without listing the same a million times."""

from collections import defaultdict

LISTED = 20
"""How many of a kind are listed by name; the others are counted."""


class Faults:
    """Collects faults by kind; ``listed`` gives the first LISTED of each, and how many more there are."""

    def __init__(self) -> None:
        self._first: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._counts: dict[str, int] = defaultdict(int)

    def add(self, name: str, reason: str, kind: str | None = None) -> None:
        """``kind`` is what faults are counted by, and is the reason itself unless given."""
        kind = reason if kind is None else kind
        first = self._first[kind]
        if (name, reason) in first:  # a lot was read again
            return
        self._counts[kind] += 1
        if len(first) < LISTED:
            first.append((name, reason))

    def listed(self) -> list[tuple[str, str]]:
        """Names and reasons, kinds in the order they were first met."""
        told = []
        for kind, count in self._counts.items():
            told += self._first[kind]
            more = count - len(self._first[kind])
            if more:
                told.append((f"{more:,} more", kind))
        return told
