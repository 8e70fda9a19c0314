"""What the papers' recipes have in common: a recipe of a network, and a stage that begins with an earlier one."""

from typing import Any

from affect.catalogue import NETWORKS
from affect.training.settings import STAGE, Start, TrainConfig


def of_network(name: str, paper: str, **settings: Any) -> TrainConfig:
    """The recipe of a network of the catalogue, with ``settings`` of TrainConfig."""
    entry = NETWORKS[name]
    tables = tuple(dict.fromkeys(table for table, _ in entry.rows))
    return TrainConfig(
        recipe=name,
        paper=f"{paper}, {entry.where}",
        tables=tables,
        weights=entry.pretrained,
        network=entry.spec,
        objective=entry.objective,
        **settings,
    )


def after(config: TrainConfig, stage: str, *parts: str) -> TrainConfig:
    """``config`` with ``parts`` from an earlier stage, by default all but the heads."""
    start = Start(model=STAGE + stage, parts=parts or ("streams",))
    return config.model_copy(update={"start": (start,), "weights": ()})


def changed(config: TrainConfig, ending: str, paper: str, **settings: Any) -> TrainConfig:
    """``config`` as the recipe ``<its name>/<ending>``, which ``paper`` describes."""
    return config.model_copy(update={"recipe": f"{config.recipe}/{ending}", "paper": paper, **settings})
