"""The gate of a name: what a model must not be worse at than the one it would replace.

It is kept beside the versions, in ``<store>/<name>/gate.json``, and holds for all promotions until it is changed.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from affect import storage
from affect.configuration import Configuration, differences
from affect.errors import AffectError
from affect.models import conditional
from affect.models.figures import Figure, figure_of, judged_on
from affect.models.history import now

GATE = "gate.json"


class Gate(Configuration):
    """A fixed evaluation set, metrics, and how much worse a model may be."""

    data: tuple[str, ...] = Field(min_length=1)
    """Folders of pre-processed rows."""
    split: str = "validation"
    corpus: str = ""
    """Only this one of the corpora in the folders."""
    metrics: tuple[str, ...] = Field(min_length=1)
    """A model must hold in each."""
    tolerance: float = Field(default=0.0, ge=0)
    """By so much of the metric it may be worse."""
    rows: str = ""
    """Fingerprint of the rows, so that they stay the same; filled in when the gate is first used."""


class KeptGate(Configuration):
    """gate.json."""

    gate: Gate | None
    """None: there is none any more."""
    since: str = Field(default_factory=now)
    earlier: tuple["KeptGate", ...] = ()
    """Those before it, the last first."""


Evaluate = Callable[[str, Gate], Mapping[str, Any]]
"""Gives metrics.json of the model in a folder on a gate's rows."""


@dataclass(frozen=True)
class Verdict:
    """What the gate said."""

    gate: Gate
    evaluated_on: str
    figures: tuple[Figure, ...]
    before: tuple[Figure, ...]
    faults: tuple[str, ...]
    """Why it is refused; none where it passes."""


@dataclass(frozen=True)
class Gatekeeper:
    """Who asks a model for its figures before it takes a name."""

    evaluate: Evaluate
    gate: Gate | None = None
    """None: the one that is kept."""
    change: bool = False
    """Whether ``gate`` may take the place of another that is kept, or with None end it."""
    force: str = ""
    """Why a model is promoted that the gate refuses."""

    def settle(self, folder: str, name: str) -> Gate | None:
        """The gate that holds for ``name``, whose folder that is. Raises AffectError where another one is kept."""
        kept = kept_gate(folder)
        held = kept.gate if kept is not None else None
        if self.change or held is None:
            return self.gate
        if self.gate is None:
            return held
        asked = self.gate.model_copy(update={"rows": held.rows})
        if asked != held:
            lines = "\n  ".join(differences(held, asked))
            raise AffectError(
                f"{name} has another gate since {kept.since if kept else ''}:\n  {lines}\n"
                "leave --gate out to obey it, or change it with --change-gate"
            )
        return held

    def judge(self, gate: Gate, candidate: str, current: str | None) -> Verdict:
        """The models in two folders compared; of the first under a name the figures alone.

        Raises AffectError where the candidate cannot be evaluated, or where the rows are not those of the gate.
        """
        metrics = self.evaluate(candidate, gate)
        rows = metrics["model"]["rows"]
        if gate.rows and rows != gate.rows:
            raise AffectError(
                f"the rows in {', '.join(gate.data)} are no longer those of the gate ({rows}, were {gate.rows}), so "
                "models cannot be compared with the ones before; bring them back, or give the gate anew with "
                "--gate ... --change-gate"
            )
        gate = gate.model_copy(update={"rows": rows})
        figures = tuple(figure_of(metrics, metric) for metric in gate.metrics)
        if current is None:
            return Verdict(gate, judged_on(metrics), figures, (), ())
        try:
            against = self.evaluate(current, gate)
            before = tuple(figure_of(against, metric) for metric in gate.metrics)
        except AffectError as error:
            fault = f"the current version cannot be evaluated on the gate's rows: {error}"
            return Verdict(gate, judged_on(metrics), figures, (), (fault,))
        faults = tuple(
            f"{ours.metric} {ours.told}, the current version has {theirs.told}: {worse:.3f} worse, {gate.tolerance:g} "
            "is allowed"
            for ours, theirs in zip(figures, before, strict=True)
            if not (worse := ours.worse_than(theirs)) <= gate.tolerance
        )
        return Verdict(gate, judged_on(metrics), figures, before, faults)


def kept_gate(folder: str) -> KeptGate | None:
    """What is kept of the name in ``folder``; None where it never had a gate."""
    uri = storage.join(folder, GATE)
    return KeptGate.parse(json.loads(storage.read_text(uri))) if storage.exists(uri) else None


def keep_gate(folder: str, gate: Gate | None, *, change: bool) -> None:
    """Let ``gate`` hold for the name in ``folder`` from now on.

    Raises AffectError where somebody else set another one meanwhile.
    """
    uri = storage.join(folder, GATE)
    while True:
        found = conditional.read(uri)
        kept = KeptGate.parse(json.loads(found[0])) if found is not None else None
        if (kept is not None and kept.gate == gate) or (kept is None and gate is None):
            return
        if kept is not None and kept.gate is not None and not change:
            raise AffectError("another gate was set for this name meanwhile; promote again to obey it")
        earlier = (kept.model_copy(update={"earlier": ()}), *kept.earlier) if kept is not None else ()
        data = (KeptGate(gate=gate, earlier=earlier).model_dump_json(indent=2) + "\n").encode()
        written = conditional.create(uri, data) if found is None else conditional.replace(uri, data, found[1])
        if written:
            return
