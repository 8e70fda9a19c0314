"""Narrow networks on the sample corpus, for two CPU cores.

What they change beside the width is chosen for that corpus and is no figure of the papers. ``replaced`` tells what of
an experiment the sample corpus cannot give.
"""

from typing import Any

from affect.labels import EXPRESSIONS
from affect.networks.spec import ArcFace
from affect.training.settings import (
    Augmentation,
    BatchSettings,
    OptimiserSettings,
    Resources,
    ScheduleSettings,
    TrainConfig,
)
from jobs.recipes import bmvc2019

WIDTH = 0.125

SAMPLE: dict[str, Any] = {
    "schedule": ScheduleSettings(name="one-cycle"),
    "augmentation": Augmentation(flip=True, shift=0.05, scale=0.08, rotation=6, light=0.2),
    "resources": Resources(workers=2),
}


def mt_vgg() -> TrainConfig:
    """MT-VGG at an eighth of its width."""
    return small(bmvc2019.train("bmvc2019/mt-vgg")).model_copy(update={"recipe": "sample/mt-vgg", "epochs": 10})


def mt_arcres() -> TrainConfig:
    """MT-ArcRes at an eighth of its width."""
    return small(bmvc2019.train("bmvc2019/mt-arcres")).model_copy(update={"recipe": "sample/mt-arcres", "epochs": 8})


def small(config: TrainConfig) -> TrainConfig:
    """The same experiment with an eighth of the network's width, few rows an epoch, and rates that suit both."""
    spec = config.network
    changes: dict[str, Any] = {"width": WIDTH, "input_size": 96, "dropout": min(spec.dropout, 0.2)}
    if "compound" in spec.heads:
        changes["compounds"] = EXPRESSIONS[1:]
    if spec.embedding is not None:
        changes["embedding"] = 64
    if spec.arcface is not None:
        changes["arcface"] = ArcFace(scale=45.0, margin=0.1)
    if spec.arcface is not None or config.optimiser.name == "sgd":
        optimiser = OptimiserSettings(name="sgd", learning_rate=0.05, weight_decay=5e-4, clip_norm=5.0)
    else:
        optimiser = OptimiserSettings(name="adam", learning_rate=1.5e-3, clip_norm=5.0)
    batch = BatchSettings(size=96, rows_per_epoch=2400, balance=config.batch.balance)
    if spec.sequential:
        # Recurrent layers of 128 are narrow enough; an eighth of them would hold little.
        for part in ("recurrent", "fusion"):
            settings = getattr(spec, part)
            if settings is not None:
                changes[part] = settings.model_copy(update={"units": round(settings.units / WIDTH / 2)})
        batch = BatchSettings(size=6, length=20, rows_per_epoch=2400, balance=config.batch.balance)
    return config.model_copy(
        update=SAMPLE
        | {
            "recipe": f"{config.recipe}/small",
            "network": spec.model_copy(update=changes),
            "optimiser": optimiser,
            "batch": batch,
            "epochs": 8,
            # People's pictures lie in a form of the sample corpus of their own.
            "corpora": ("sample-identities",) if "identity" in spec.heads else (),
            "labels": "",
            "weights": (),
        }
    )


def replaced(config: TrainConfig) -> list[str]:
    """What ``small`` puts in place of what the experiment needs and the sample corpus lacks."""
    told = []
    if config.weights:
        told.append(f"random weights for {' then '.join(config.weights)}")
    if config.frozen and not config.start:
        told.append("a fixed random encoder for a fixed trained one")
    if "compound" in config.network.heads:
        told.append("six basic expressions for the compound ones")
    if config.labels:
        told.append(f"the sample corpus's labels and splits for {config.labels}")
    return told
