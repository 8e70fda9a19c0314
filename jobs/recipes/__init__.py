"""The experiments of the papers: one module a paper, one function a family, each returning one typed configuration."""

from collections.abc import Callable

from affect.registry import look_up
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
    return look_up(TRAIN_RECIPES, name, "recipe")()
