"""What a model gives, and what it does not, in words."""

from affect.labels import EXPRESSIONS, action_unit_label
from affect.networks.spec import Head, NetworkSpec

OUTPUTS: dict[Head, str] = {
    "expression": "expressions",
    "valence_arousal": "valence and arousal",
    "action_units": "action units",
}
"""What this project is about: whoever asks a model that lacks one of them is told so."""


def not_given(network: NetworkSpec) -> list[Head]:
    """Those of OUTPUTS that a network has no head for; its answers are without them."""
    return [head for head in OUTPUTS if head not in network.heads]


def lacking(network: NetworkSpec) -> str:
    """The same as a sentence; empty where nothing is lacking."""
    words = [OUTPUTS[head] for head in not_given(network)]
    return f"This model does not give {' nor '.join(words)}." if words else ""


def outputs(network: NetworkSpec) -> list[str]:
    """What the heads of a network give, a line each."""
    lines = {
        "valence_arousal": "valence and arousal, each in [-1, 1]",
        "expression": "probabilities of the expressions " + ", ".join(EXPRESSIONS),
        "action_units": "probabilities of the action units " + ", ".join(map(action_unit_label, network.action_units)),
        "compound": "probabilities of the compound expressions " + ", ".join(network.compounds),
        "identity": f"probabilities of {len(network.identities)} identities",
    }
    return [lines[head] for head in network.heads]
