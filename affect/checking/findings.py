"""What a check finds, and the words for it."""

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from typing import Literal

Kind = Literal[
    "missing",
    "unreadable",
    "mismatch",
    "duplicate",
    "duplicate across splits",
    "near duplicate",
    "near duplicate across splits",
    "contradiction",
    "blank",
    "person in two splits",
    "corpus",
    "error",
]

MEANINGS: dict[Kind, str] = {
    "missing": "a file that the corpus speaks of is not there",
    "unreadable": "a video, a picture or a file of labels cannot be read to its end",
    "mismatch": "labels and frames do not go together",
    "duplicate": "a copy of a picture with the same pixels, or of a video file with the same bytes",
    "duplicate across splits": "a copy among equal ones that lie in two splits or more",
    "near duplicate": "two pictures, or videos in three of five places, alike but for size, tone or a caption",
    "near duplicate across splits": "two that look the same, in two splits",
    "contradiction": "equal pictures with labels that cannot all be right",
    "blank": "a picture, or a frame of a video, of one level of grey",
    "person in two splits": "somebody is both learnt from and tested on",
    "corpus": "what the corpus's reader could not use",
    "error": "a fault of this code, not of the corpus; please report it",
}
"""Every kind in the order it is reported."""


@dataclass(frozen=True)
class Finding:
    """One fault: what kind, in which clip, of which picture, file or person, beside which other, and what it is."""

    kind: Kind
    clip: str
    name: str
    other: str
    what: str


def to_csv(findings: Iterable[Finding]) -> str:
    """The table of all findings."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(Finding)])
    writer.writerows(map(astuple, findings))
    return text.getvalue()


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """In order of kind, clip and name, whatever order they were found in."""
    places = {kind: place for place, kind in enumerate(MEANINGS)}
    return sorted(findings, key=lambda one: (places[one.kind], *astuple(one)[1:]))
