"""Sweeps by name: those of their own, and one for each recipe, over what its paper searched."""

from collections.abc import Callable

from affect.registry import look_up
from affect.training.settings import Chain, TrainConfig
from affect.tuning.settings import SweepConfig
from affect.tuning.space import Choice, LogUniform, SweepSpace
from jobs.recipes import TRAIN_RECIPES, own, recipe
from jobs.recipes.bmvc2019_sweeps import ARCFACE, NARROW_ARCFACE, TABLE_3, arcface, for_trials, sample_arcface

SWEEP_RECIPES: dict[str, Callable[[], SweepConfig]] = {
    "bmvc2019/arcface": arcface,
    "sample/arcface": sample_arcface,
    "own/fer2013/arcface": own.arcface,
    "own/fer2013/ingredients": own.ingredients,
}

IJCV_2019 = "IJCV 2019, sections 4.2.1.1 and 4.2.1.3 (which values within the ranges: inferred)"

RATE = "optimiser.learning_rate"


def sweep_recipe(name: str, *, small: bool = False) -> SweepConfig:
    """The sweep of that name, or of the recipe of that name, with ``small`` of its form for the sample corpus.

    AffectError with the nearest name when there is none.
    """
    if name in SWEEP_RECIPES and not small:
        return SWEEP_RECIPES[name]()
    names: dict[str, object] = {**SWEEP_RECIPES, **TRAIN_RECIPES}
    look_up(names, name, "sweep or recipe")
    return sweep_of(recipe(name, small=small))


def sweep_of(config: TrainConfig | Chain) -> SweepConfig:
    """Sixteen trials of a recipe over ``default_space``; of a chain that of its last stage.

    Of the others those are kept that the last needs: of a cross-validation no other fold.
    """
    if isinstance(config, Chain):
        last = list(config.stages)[-1]
        train = config.stages[last]
        stages = {name: config.stages[name] for name in config.needed(last)}
    else:
        last, train, stages = "", config, {}
    space, source = default_space(train)
    return SweepConfig(
        recipe=config.recipe,
        paper=source,
        train=for_trials(train),
        stage=last,
        stages=stages,
        space=space,
    )


def default_space(config: TrainConfig) -> tuple[SweepSpace, str]:
    """What is searched of a run where nothing else is asked for, and where that is printed or what it is inferred from.

    BMVC 2019 and IJCV 2019 print ranges. The others print one learning rate, which is searched a decade to either side.
    """
    spec, rate = config.network, config.optimiser.learning_rate
    paper = config.recipe.partition("/")[0]
    if config.recipe.endswith("/small") or paper == "sample":
        if spec.arcface is not None:
            return NARROW_ARCFACE, "inferred, for narrow networks on the sample corpus"
        return {RATE: LogUniform(low=rate / 5, high=rate * 3)}, "inferred, for narrow networks on the sample corpus"
    if spec.arcface is not None:
        return ARCFACE, TABLE_3
    if paper == "bmvc2019":
        low, high = (1e-6, 1e-3) if spec.fusion else (1e-6, 1e-4) if spec.recurrent else (1e-5, 1e-4)
        return {RATE: LogUniform(low=low, high=high)}, TABLE_3
    if paper == "ijcv2019":
        return {RATE: LogUniform(low=1e-4, high=1e-3)} | _ijcv2019(config), IJCV_2019
    return {RATE: LogUniform(low=rate / 10, high=rate * 10)}, f"inferred: a decade to either side of {rate:g}"


def _ijcv2019(config: TrainConfig) -> SweepSpace:
    """Beside the rate: batches of 10 to 100, of CNN-RNNs the units and layers of the recurrent part."""
    if config.network.recurrent is None:
        return {"batch.size": Choice(values=(10, 20, 50, 100))}
    if config.start:
        return {}  # the model that it begins with has a recurrent part of a size of its own, or may have
    return {
        "network.recurrent.units": Choice(values=(100, 128, 150)),
        "network.recurrent.layers": Choice(values=(1, 2)),
    }
