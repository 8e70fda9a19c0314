"""Pre-training on people's identities, for encoders of which nobody publishes the weights (EXT 2018, Table III).

The paper takes them as given. Optimiser, rate, batch and the pictures' size are those of face recognition networks of
the time at this project's 96 pixels, and inferred, as is the number of epochs. What comes out begins others with
``start=[{model: RUN, parts: [streams.image.encoder]}]``; of VGG-Face also streams.image.fully_connected.0.
"""

from collections.abc import Callable
from functools import partial

from affect.catalogue.ext2018 import ENCODERS, PRETRAINING
from affect.networks.spec import NetworkSpec
from affect.training.settings import (
    Augmentation,
    BatchSettings,
    Chain,
    OptimiserSettings,
    ScheduleSettings,
    TrainConfig,
)
from jobs.recipes.chains import after

PAPER = "EXT 2018, section III.B, Table III"


def network(backbone: str) -> NetworkSpec:
    """The backbone with a softmax over the people its training rows show."""
    vgg = backbone == "vggface"
    return NetworkSpec(
        encoder=ENCODERS[backbone],
        pooling="flatten" if vgg else "average",
        fully_connected=(4096, 4096) if vgg else (),
        dropout=0.5 if vgg else 0.0,
        heads=("identity",),
    )


def train(backbone: str, corpus: str) -> TrainConfig:
    """Softmax over the identities of ``corpus``: SGD with momentum 0.9 (inferred, see above)."""
    rate = 0.01 if backbone == "vggface" else 0.1  # without batch norm a tenth of it
    return TrainConfig(
        recipe=f"pretrain-identity/{backbone}",
        paper=PAPER,
        tables=("III",),
        corpora=(corpus,),
        network=network(backbone),
        optimiser=OptimiserSettings(name="sgd", learning_rate=rate, momentum=0.9, weight_decay=5e-4),
        schedule=ScheduleSettings(name="exponential", every=1200, factor=0.97),
        batch=BatchSettings(size=256),
        augmentation=Augmentation(flip=True),
        epochs=10,
    )


def recipe(backbone: str, digits: str) -> TrainConfig | Chain:
    """One corpus, or of pre-training 12 first VGGFace, then VGGFace2 with a new output layer."""
    name = f"pretrain-identity/{backbone}{digits}"
    corpora = PRETRAINING[digits]
    first = train(backbone, corpora[0]).model_copy(update={"recipe": name})
    if len(corpora) == 1:
        return first
    stages = {corpora[0]: first, corpora[1]: after(train(backbone, corpora[1]), corpora[0])}
    return Chain(recipe=name, paper=PAPER, tables=("III",), stages=stages)


RECIPES: dict[str, Callable[[], TrainConfig | Chain]] = {
    f"pretrain-identity/{backbone}{digits}": partial(recipe, backbone, digits)
    for backbone in ("vggface", "resnet")
    for digits in PRETRAINING
}
