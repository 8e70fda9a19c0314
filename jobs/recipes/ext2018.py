"""Aff-Wild2: Extending the Aff-Wild Database (2018): recipes of its networks, and its three ways to train them."""

from affect.networks.parts import cnn_parts
from affect.pretrained import SOURCES
from affect.training.settings import BatchSettings, Chain, OptimiserSettings, ScheduleSettings, TrainConfig
from jobs.recipes.chains import after, changed, of_network

WAYS = "EXT 2018, section III.B"


def train(name: str) -> TrainConfig:
    """Everything trained, the recurrent part from random weights: strategy (ii) of section III.B.

    Section IV.A: Adam from 1e-3, times 0.97 each 400 steps, batches of 4 sequences of 80 frames.
    """
    return of_network(
        name,
        "EXT 2018",
        corpora=("aff-wild2",),
        optimiser=OptimiserSettings(name="adam", learning_rate=1e-3),
        schedule=ScheduleSettings(name="exponential", every=400, factor=0.97),
        batch=BatchSettings(size=4, length=80),
    )


def frozen(name: str) -> TrainConfig:
    """The CNN fixed at its pre-trained weights: strategy (i). Needs ``pretrained`` or ``start`` to be given.

    VGGFACE's first fully connected layer belongs to the CNN and is fixed with it, where a run of pretrain-identity
    gives it. Of the published file it is trained (inferred): that of 224 pixels does not fit the map of 96.
    """
    config = train(name)
    parts = cnn_parts(config.network)
    return changed(config, "strategy-i", WAYS, frozen=parts[:1] if config.weights[0] in SOURCES else parts)


def both(name: str) -> Chain:
    """The recurrent part from strategy (i), then everything: strategy (iii)."""
    full = train(name)
    return Chain(
        recipe=f"{name}/strategy-iii",
        paper=WAYS,
        tables=full.tables,
        stages={"recurrent": frozen(name), "all": after(full, "recurrent", "streams", "heads")},
    )


def recola() -> Chain:
    """The best network, then all of it on RECOLA (section IV.C), with the same settings, since none are printed."""
    name = "ext2018/vggface1-gru-attention"
    full = train(name)
    again = after(full, "aff-wild2", "streams", "heads").model_copy(update={"corpora": ("recola",)})
    return Chain(
        recipe=f"{name}/recola",
        paper="EXT 2018, section IV.C",
        tables=("VIII",),
        stages={"aff-wild2": full, "recola": again},
    )
