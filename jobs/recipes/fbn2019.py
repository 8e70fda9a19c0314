"""Face Behavior a la carte (2019): recipes of FaceBehaviorNet, its couplings, single-task networks and peers."""

from affect.catalogue import NETWORKS
from affect.training.settings import BatchSettings, OptimiserSettings, TrainConfig

PUBLISHED = {"valence_arousal": 401, "action_units": 247, "expression": 103}
"""Rows of a step from each set (section 6): such that one epoch exhausted the paper's sets together."""


def train(name: str) -> TrainConfig:
    """Learning rate 1e-4; 751 rows a step, shared out as the sets at hand need it to be exhausted together.

    Section 6. The optimiser is not named: Adam, as in the authors' other papers (inferred). Single-task networks take
    their set's part of the batch; the compound ones 103 (inferred).
    """
    entry = NETWORKS[name]
    heads = entry.spec.heads
    size = sum(PUBLISHED.values()) if len(heads) > 1 else PUBLISHED.get(heads[0], PUBLISHED["expression"])
    return TrainConfig(
        recipe=name,
        paper=f"FaceBehaviorNet, {entry.where}",
        network=entry.spec,
        objective=entry.objective,
        optimiser=OptimiserSettings(name="adam", learning_rate=1e-4),
        batch=BatchSettings(size=size),
    )
