"""Searches of the BMVC 2019 paper (Table 3), and a small one for the sample corpus."""

from affect.training.settings import TrainConfig
from affect.tuning.settings import SweepConfig
from affect.tuning.space import Choice, LogUniform, SweepSpace, Uniform
from jobs.recipes import bmvc2019, sample

TABLE_3 = "BMVC 2019, Table 3"

ARCFACE: SweepSpace = {
    "network.arcface.scale": Uniform(low=32, high=64),
    "network.embedding": Choice(values=(32, 64, 128, 256, 512)),
    "network.arcface.margin": Choice(values=(0.1, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)),
    "optimiser.learning_rate": LogUniform(low=1e-5, high=1e-4),
}
"""Table 3 prints d in {32, 512} and s in {32, 64}; the powers of two and the values between are covered as well."""

NARROW_ARCFACE: SweepSpace = {
    "network.arcface.scale": Uniform(low=32, high=64),
    "network.embedding": Choice(values=(32, 64, 128)),
    "network.arcface.margin": Choice(values=(0.1, 0.5, 1.0)),
    "optimiser.learning_rate": LogUniform(low=0.02, high=0.1),
}
"""Of an eighth of the width. The learning rates are not the paper's: a narrow network on a small corpus needs far
larger ones with SGD."""


ROW_CACHE_GIB = 32.0
"""Trials read the same rows again and again."""


def for_trials(config: TrainConfig) -> TrainConfig:
    """``config`` as trials run it: one that failed is started again by the sweep, with a limit of its own."""
    resources = config.resources.model_copy(update={"max_failures": 0, "row_cache_gib": ROW_CACHE_GIB})
    return config.model_copy(update={"resources": resources})


def arcface() -> SweepConfig:
    """MT-ArcRes over s, d, m and the learning rate in Table 3's ranges."""
    return SweepConfig(
        recipe="bmvc2019/arcface",
        paper=TABLE_3,
        train=for_trials(bmvc2019.train("bmvc2019/mt-arcres")),
        space=ARCFACE,
        trials=32,
        grace_epochs=2,
        reduction_factor=3,
    )


def sample_arcface() -> SweepConfig:
    """A few short trials of the narrow MT-ArcRes on the sample corpus, for two CPU cores, and no repeats."""
    train = for_trials(sample.mt_arcres())
    resources = train.resources.model_copy(update={"workers": 1})
    return SweepConfig(
        recipe="sample/arcface",
        paper=f"{TABLE_3}, other learning rates",
        train=train.model_copy(update={"epochs": 5, "centre_rows": 512, "resources": resources}),
        space=NARROW_ARCFACE,
        trials=4,
        concurrent=2,
        grace_epochs=1,
        reduction_factor=2,
        best=0,
    )
