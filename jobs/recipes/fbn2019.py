"""Face Behavior a la carte (2019): recipes of FaceBehaviorNet, its couplings, single-task networks and peers."""

from affect.catalogue import NETWORKS
from affect.networks.spec import Head
from affect.training.settings import BatchSettings, Chain, OptimiserSettings, TrainConfig
from jobs.recipes.chains import after, changed, of_network

PUBLISHED: dict[Head, int] = {"valence_arousal": 401, "action_units": 247, "expression": 103}
"""Rows of a step from each set (section 6): such that one epoch exhausted the paper's sets together."""

CORPORA: dict[Head, tuple[str, ...]] = {
    "valence_arousal": ("aff-wild", "aff-wild2", "affectnet"),
    "expression": ("aff-wild2", "affectnet", "afew", "raf-db"),
    "action_units": ("aff-wild2", "emotionet", "disfa", "bp4d", "bp4d-plus"),
}
"""Section 4."""


def train(name: str) -> TrainConfig:
    """Learning rate 1e-4; 751 rows a step, shared out as the sets at hand need it to be exhausted together.

    Section 6. The optimiser is not named: Adam, as in the authors' other papers (inferred). Single-task networks take
    their set's part of the batch; the compound ones 103 (inferred). AlexNet, the corpora's own baseline, knows one.
    """
    spec = NETWORKS[name].spec
    heads = spec.heads
    size = sum(PUBLISHED.values()) if len(heads) > 1 else PUBLISHED.get(heads[0], PUBLISHED["expression"])
    if heads == ("compound",):
        corpora: tuple[str, ...] = ("raf-db-compound" if "raf-db" in name else "emotionet-compound",)
    elif spec.encoder == "alexnet":
        corpora = ("emotionet" if heads == ("action_units",) else "affectnet",)
    else:
        corpora = tuple(dict.fromkeys(corpus for head in heads for corpus in CORPORA[head]))
    return of_network(
        name,
        "FaceBehaviorNet",
        corpora=corpora,
        optimiser=OptimiserSettings(name="adam", learning_rate=1e-4),
        batch=BatchSettings(size=size),
    )


def vanilla(name: str) -> TrainConfig:
    """The single-task network on AffectNet alone (sections 7.1 and 7.2)."""
    config = train(name)
    return changed(config, "affectnet", config.paper, corpora=("affectnet",))


def few_shot(name: str) -> Chain:
    """FaceBehaviorNet, then compound expressions in place of its outputs, on the few pictures there are (7.5)."""
    again = train(name)
    (first,) = again.weights
    return Chain(
        recipe=f"{name}/few-shot",
        paper="FaceBehaviorNet, section 7.5",
        tables=("7",),
        stages={"facebehaviornet": train(first), "compound": after(again, "facebehaviornet")},
    )
