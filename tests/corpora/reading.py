"""What tests of readers of pictures share: a corpus as plain rows, read as a worker reads it."""

import pickle
from typing import Any

import numpy as np

from affect.corpora.corpus import Corpus, FrameLabels, Still
from affect.labels import ACTION_UNITS, COMPOUND_EXPRESSIONS, EXPRESSIONS


def rows(corpus: Corpus) -> list[dict[str, Any]]:
    """Every picture with its split and what is annotated of it, by name, from a copy of the reader that was sent."""
    sent: Corpus = pickle.loads(pickle.dumps(corpus))  # noqa: S301 - just written
    found = []
    for clip in corpus.clips():
        assert clip.kind == "pictures"
        labels = sent.labels(clip).get("main")
        stills = list(sent.stills(clip))
        assert [still.frame for still in stills] == list(range(len(stills)))
        assert labels is None or len(labels) == len(stills)
        for place, still in enumerate(stills):
            row = {"split": clip.split, "name": still.name, **_said(still)}
            found.append(row if labels is None else row | _annotated(labels, place))
    names = [row["name"] for row in found]
    assert len(set(names)) == len(names)
    return found


def fault_of(corpus: Corpus, name: str) -> str:
    """The reason of the one fault whose name ends so."""
    (reason,) = [reason for fault, reason in corpus.faults() if fault.endswith(name)]
    return reason


def _said(still: Still) -> dict[str, Any]:
    said = {"subject": still.subject, "box": still.box}
    if still.landmarks68 is not None:
        assert still.landmarks68.shape == (68, 2)
        said["landmarks"] = still.landmarks68.reshape(-1).tolist()
    return {name: value for name, value in said.items() if value is not None}


def _annotated(labels: FrameLabels, place: int) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for kind in ("valence", "arousal"):
        if not np.isnan(value := getattr(labels, kind)[place]):
            row[kind] = round(float(value), 5)
    for kind, names in (("expression", EXPRESSIONS), ("compound", COMPOUND_EXPRESSIONS)):
        if (number := getattr(labels, kind)[place]) >= 0:
            row[kind] = names[number]
    units = zip(ACTION_UNITS, labels.action_units[place].tolist(), strict=True)
    if known := {unit: value for unit, value in units if value >= 0}:
        row["units"] = known
    if not np.isnan(labels.votes[place]).all():
        row["votes"] = labels.votes[place].tolist()
    return row
