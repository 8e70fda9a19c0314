"""What a model gives, and what it does not, in words; and how each output is told to a person, in one entry each."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from affect.labels import VALENCE_AROUSAL
from affect.metrics.tasks import ACTION_UNIT_THRESHOLD
from affect.networks.spec import Head, NetworkSpec

EXPECTED: tuple[Head, ...] = ("expression", "valence_arousal", "action_units")
"""What this project is about: whoever asks a model that lacks one of them is told so."""

_UNITS_PER_LINE = 5
_MOST_SHARES = 3


class Output(ABC):
    """One output: what is shown of a face (answer.Prediction) and of many frames together (answer.Whole).

    Columns and cells are of a table in a terminal, cells in rich's markup, one for each column.
    """

    words: ClassVar[str]
    numeric: ClassVar[bool] = False
    """Whether the cells of a face are numbers."""

    @abstractmethod
    def gives(self, network: NetworkSpec) -> str:
        """What the head gives, as a line."""

    @abstractmethod
    def lines(self, said: Mapping[str, Any]) -> list[str]:
        """Beside a face in a picture; none where it was not said."""

    @abstractmethod
    def columns(self, network: NetworkSpec) -> tuple[str, ...]:
        """Of a table of faces."""

    @abstractmethod
    def cells(self, said: Mapping[str, Any]) -> list[str]:
        """Under ``columns``, where it was said."""

    @abstractmethod
    def whole_columns(self) -> tuple[str, ...]:
        """Of a table of faces that were followed."""

    @abstractmethod
    def whole_cells(self, whole: Mapping[str, Any], thresholds: Mapping[str, float]) -> list[str]:
        """Under ``whole_columns``; ``thresholds`` are the model's own of action units, by name."""


class _Classes(Output):
    """Probabilities of classes, which sum to 1; ``key`` is their name in answers."""

    key: ClassVar[Head]
    column: ClassVar[str]

    def gives(self, network: NetworkSpec) -> str:
        return f"probabilities of the {self.words} {', '.join(network.names(self.key))}"

    def lines(self, said: Mapping[str, Any]) -> list[str]:
        likeliest = sorted(said.get(self.key, {}).items(), key=lambda item: -item[1])[:2]
        return [f"{name} {probability:.0%}" for name, probability in likeliest if probability >= 0.1]

    def whole_columns(self) -> tuple[str, ...]:
        return (self.column,)

    def whole_cells(self, whole: Mapping[str, Any], thresholds: Mapping[str, float]) -> list[str]:  # noqa: ARG002
        shares = sorted(whole.get(f"{self.key}_shares", {}).items(), key=lambda item: -item[1])[:_MOST_SHARES]
        return [", ".join(f"{name} {share:.0%}" for name, share in shares if share > 0) or "-"]


class _Expression(_Classes):
    words, key, column, numeric = "expressions", "expression", "most frames show", True

    def columns(self, network: NetworkSpec) -> tuple[str, ...]:
        return network.names(self.key)

    def cells(self, said: Mapping[str, Any]) -> list[str]:
        most = max(said["expression"].values())
        return [f"[bold]{p:.2f}[/]" if p == most else f"{p:.2f}" for p in said["expression"].values()]


class _Compound(_Classes):
    """Too many for a column each: the likeliest are told."""

    words, key, column = "compound expressions", "compound", "compound expression"

    def columns(self, network: NetworkSpec) -> tuple[str, ...]:  # noqa: ARG002
        return (self.column,)

    def cells(self, said: Mapping[str, Any]) -> list[str]:
        name, probability = max(said["compound"].items(), key=lambda item: item[1])
        return [f"{name} {probability:.2f}"]


class _ValenceArousal(Output):
    words, numeric = "valence and arousal", True

    def gives(self, network: NetworkSpec) -> str:  # noqa: ARG002
        return "valence and arousal, each in [-1, 1]"

    def lines(self, said: Mapping[str, Any]) -> list[str]:
        return [f"valence {said['valence']:+.2f}  arousal {said['arousal']:+.2f}"] if "valence" in said else []

    def columns(self, network: NetworkSpec) -> tuple[str, ...]:
        return network.names("valence_arousal")

    def cells(self, said: Mapping[str, Any]) -> list[str]:
        return [f"{said[name]:+.2f}" for name in VALENCE_AROUSAL]

    def whole_columns(self) -> tuple[str, ...]:
        return VALENCE_AROUSAL

    def whole_cells(self, whole: Mapping[str, Any], thresholds: Mapping[str, float]) -> list[str]:  # noqa: ARG002
        return [f"{whole[name]['mean']:+.2f}" if name in whole else "-" for name in VALENCE_AROUSAL]


class _ActionUnits(Output):
    words = "action units"

    def gives(self, network: NetworkSpec) -> str:
        return f"probabilities of the action units {', '.join(network.names('action_units'))}"

    def lines(self, said: Mapping[str, Any]) -> list[str]:
        if "action_units" not in said:
            return []
        active = said["active_action_units"] or ["no AU active"]
        return [" ".join(active[start : start + _UNITS_PER_LINE]) for start in range(0, len(active), _UNITS_PER_LINE)]

    def columns(self, network: NetworkSpec) -> tuple[str, ...]:  # noqa: ARG002
        return ("active action units",)

    def cells(self, said: Mapping[str, Any]) -> list[str]:
        return [" ".join(said["active_action_units"]) or "none"]

    def whole_columns(self) -> tuple[str, ...]:
        return ("action units",)

    def whole_cells(self, whole: Mapping[str, Any], thresholds: Mapping[str, float]) -> list[str]:
        means = whole.get("action_units", {}).items()
        active = [name for name, mean in means if mean >= thresholds.get(name, ACTION_UNIT_THRESHOLD)]
        return [" ".join(active) or "-"]


OUTPUTS: dict[Head, Output] = {
    "expression": _Expression(),
    "compound": _Compound(),
    "valence_arousal": _ValenceArousal(),
    "action_units": _ActionUnits(),
}
"""In the order in which they are told. Identities are not among them: features are learnt from them, and no answer
names a person."""


def told(network: NetworkSpec) -> list[Output]:
    """What answers of a network hold, in the order in which it is told."""
    return [output for head, output in OUTPUTS.items() if head in network.heads]


def not_given(network: NetworkSpec) -> list[Head]:
    """Those of EXPECTED that a network has no head for; its answers are without them."""
    return [head for head in EXPECTED if head not in network.heads]


def lacking(network: NetworkSpec) -> str:
    """The same as a sentence; empty where nothing is lacking."""
    heads = not_given(network)
    return f"This model does not give {' nor '.join(OUTPUTS[head].words for head in heads)}." if heads else ""


def outputs(network: NetworkSpec) -> list[str]:
    """What the heads of a network give, a line each."""
    return [
        OUTPUTS[head].gives(network) if head in OUTPUTS else f"probabilities of {len(network.identities)} identities"
        for head in network.heads
    ]
