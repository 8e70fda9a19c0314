"""Looking things up by name, with an error that helps who mistyped it."""

import difflib
from collections.abc import Mapping
from typing import TypeVar

from affect.errors import AffectError

Entry = TypeVar("Entry")

MANY = 20
"""A longer list helps nobody."""


def look_up(registry: Mapping[str, Entry], name: str, kind: str) -> Entry:
    """The entry of ``registry`` called ``name``.

    Raises AffectError that names the nearest entries; ``kind`` says what they are: "encoder".
    """
    if name in registry:
        return registry[name]
    close = difflib.get_close_matches(name, registry, n=3, cutoff=0.4)
    hint = f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
    known = f" (known: {', '.join(sorted(registry))})" if len(registry) <= MANY else ""
    raise AffectError(f"there is no {kind} {name!r}{hint}{known}")
