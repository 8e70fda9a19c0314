"""Expression, Affect, Action Unit Recognition: Aff-Wild2, Multi-Task Learning and ArcFace (BMVC 2019).

The ``sample_`` recipes are narrow versions of the same networks that learn on the sample corpus on two CPU cores; what
they change beside the width is chosen for that corpus and is no figure of the paper.
"""

from affect.catalogue import NETWORKS
from affect.networks.spec import ArcFace
from affect.training.settings import (
    Augmentation,
    BatchSettings,
    OptimiserSettings,
    Resources,
    ScheduleSettings,
    TrainConfig,
)


def mt_vgg() -> TrainConfig:
    """MT-VGG: VGGFace's layers, all three tasks from one feature space.

    Section 3; learning rate, batch and dropout of Table 3; Adam with its defaults. The paper names no number of epochs.
    """
    return TrainConfig(
        recipe="bmvc2019/mt-vgg",
        paper="BMVC 2019, section 3, Tables 3 and 5-7",
        network=NETWORKS["bmvc2019/mt-vgg"].spec,
        objective=NETWORKS["bmvc2019/mt-vgg"].objective,
        optimiser=OptimiserSettings(name="adam", learning_rate=1e-4),
        batch=BatchSettings(size=256),
    )


def mt_arcres() -> TrainConfig:
    """MT-ArcRes: residual units, an embedding, ArcFace; expression, valence-arousal and action units on the embedding.

    Section 3, Figure 5; SGD with momentum 0.9, batch, dropout, s, m and d of Table 3, which prints the best m as
    "0.1/1" and no best s and d.
    """
    return TrainConfig(
        recipe="bmvc2019/mt-arcres",
        paper="BMVC 2019, section 3, Tables 3 and 8",
        network=NETWORKS["bmvc2019/mt-arcres"].spec,
        objective=NETWORKS["bmvc2019/mt-arcres"].objective,
        optimiser=OptimiserSettings(name="sgd", learning_rate=1e-4, momentum=0.9),
        batch=BatchSettings(size=300),
    )


_SAMPLE = {
    "schedule": ScheduleSettings(name="one-cycle"),
    "augmentation": Augmentation(flip=True, shift=0.05, scale=0.08, rotation=6, light=0.2),
    "resources": Resources(workers=2),
}


def sample_mt_vgg() -> TrainConfig:
    """MT-VGG at an eighth of its width for the sample corpus."""
    full = mt_vgg()
    return full.model_copy(
        update=_SAMPLE
        | {
            "recipe": "sample/mt-vgg",
            "network": full.network.model_copy(update={"width": 0.125, "dropout": 0.2}),
            "optimiser": OptimiserSettings(name="adam", learning_rate=1.5e-3, clip_norm=5.0),
            "batch": BatchSettings(size=96, rows_per_epoch=2400),
            "epochs": 10,
        }
    )


def sample_mt_arcres() -> TrainConfig:
    """MT-ArcRes at an eighth of its width for the sample corpus."""
    full = mt_arcres()
    return full.model_copy(
        update=_SAMPLE
        | {
            "recipe": "sample/mt-arcres",
            "network": full.network.model_copy(
                update={"width": 0.125, "embedding": 64, "dropout": 0.2, "arcface": ArcFace(scale=45.0, margin=0.1)}
            ),
            "optimiser": OptimiserSettings(name="sgd", learning_rate=0.05, weight_decay=5e-4, clip_norm=5.0),
            "batch": BatchSettings(size=96, rows_per_epoch=2400),
            "epochs": 8,
        }
    )
