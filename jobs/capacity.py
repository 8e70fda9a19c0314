"""What a cluster can give: what its nodes have, or what its autoscaler may bring."""

import os

import ray

from affect.errors import AffectError

VARIABLE = "AFFECT_CLUSTER_CAPACITY"
"""Set where jobs' drivers run, as in CPU=128,GPU=8: the most there can be (CPUs of nodes without GPUs).

Ray's own autoscalers do not tell; clusters that start from zero would otherwise seem to be empty.
"""


def capacity() -> dict[str, float]:
    """CPUs, GPUs and whatever else Ray counts, by name. Raises AffectError where VARIABLE cannot be read."""
    have = dict(ray.cluster_resources())
    for name, amount in _declared().items():
        have[name] = max(amount, have.get(name, 0.0))
    return have


def _declared() -> dict[str, float]:
    text = os.environ.get(VARIABLE, "")
    try:
        pairs = (pair.split("=") for pair in text.split(",") if pair.strip())
        return {name.strip(): float(amount) for name, amount in pairs}
    except ValueError as error:
        raise AffectError(f"{VARIABLE}={text} is not of the form CPU=128,GPU=8") from error
