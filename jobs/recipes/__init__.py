"""The experiments of the papers: one module a paper, one function a family, each returning one typed configuration."""

import difflib
from collections.abc import Callable

from affect.errors import AffectError
from affect.training.settings import TrainConfig
from jobs.recipes import bmvc2019

TRAIN_RECIPES: dict[str, Callable[[], TrainConfig]] = {
    "bmvc2019/mt-vgg": bmvc2019.mt_vgg,
    "bmvc2019/mt-arcres": bmvc2019.mt_arcres,
    "sample/mt-vgg": bmvc2019.sample_mt_vgg,
    "sample/mt-arcres": bmvc2019.sample_mt_arcres,
}


def recipe(name: str) -> TrainConfig:
    """The configuration of a recipe by its name; AffectError with the nearest name when there is none."""
    if name not in TRAIN_RECIPES:
        close = difflib.get_close_matches(name, TRAIN_RECIPES, n=1, cutoff=0.4)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise AffectError(f"there is no recipe {name!r}{hint} (known: {', '.join(sorted(TRAIN_RECIPES))})")
    return TRAIN_RECIPES[name]()
