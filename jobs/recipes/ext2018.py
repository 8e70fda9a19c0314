"""Aff-Wild2: Extending the Aff-Wild Database (2018): recipes of its networks, and its three ways to train them."""

from affect.catalogue import NETWORKS
from affect.training.settings import (
    STAGE,
    BatchSettings,
    Chain,
    OptimiserSettings,
    ScheduleSettings,
    Start,
    TrainConfig,
)

CNN = ("streams.image.encoder",)


def train(name: str) -> TrainConfig:
    """Everything trained, the recurrent part from random weights: strategy (ii) of section III.B.

    Section IV.A: Adam from 1e-3, times 0.97 each 400 steps, batches of 4 sequences of 80 frames.
    """
    entry = NETWORKS[name]
    return TrainConfig(
        recipe=name,
        paper=f"EXT 2018, {entry.where}",
        network=entry.spec,
        objective=entry.objective,
        optimiser=OptimiserSettings(name="adam", learning_rate=1e-3),
        schedule=ScheduleSettings(name="exponential", every=400, factor=0.97),
        batch=BatchSettings(size=4, length=80),
    )


def frozen(name: str) -> TrainConfig:
    """The CNN fixed at its pre-trained weights: strategy (i). Needs ``pretrained`` or ``start`` to be given."""
    return train(name).model_copy(update={"recipe": f"{name}/strategy-i", "frozen": CNN})


def both(name: str) -> Chain:
    """The recurrent part from strategy (i), then everything: strategy (iii)."""
    begun = Start(model=f"{STAGE}recurrent", parts=("streams", "heads"))
    return Chain(
        recipe=f"{name}/strategy-iii",
        paper="EXT 2018, section III.B",
        stages={"recurrent": frozen(name), "all": train(name).model_copy(update={"start": (begun,)})},
    )
