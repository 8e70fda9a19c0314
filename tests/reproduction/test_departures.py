"""What departs from a recipe is told by comparing configurations, and the commands come back to them."""

import pytest

from affect.reproduction.departures import assignments, departures
from affect.training.settings import Start, TrainConfig
from jobs.recipes import recipe

ARC = "bmvc2019/mt-arcres-expr"


def config(name: str = ARC) -> TrainConfig:
    made = recipe(name)
    assert isinstance(made, TrainConfig)
    return made


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("network.width=0.25", "width 1/4"),
        ("network.input_size=48", "pictures of 48 pixels instead of 96"),
        ("epochs=1", "1 epoch instead of 10"),
        ("batch.rows_per_epoch=2400", "epochs of 2,400 rows"),
        ("optimiser.learning_rate=0.02", "learning rate 0.02 instead of 0.0001"),
        ("network.arcface.margin=0.5", "arcface.margin 0.5 instead of 0.1"),
        ("optimiser.clip_norm=5", "clip norm 5.0 instead of none"),
        ("augmentation.flip=true", "augmentation.flip true instead of false"),
    ],
)
def test_a_setting_that_changes_what_is_learnt(setting: str, told: str) -> None:
    assert departures(config(), config().override([setting])) == [told]


def test_names_workers_and_places_are_no_departures() -> None:
    changed = config().override(["resources.workers=8", "compute.parts=2", "follow.mlflow=here", "data=[rows]"])
    changed = changed.model_copy(update={"corpora": ("fer2013",), "tables": ("9",), "weights": ()})
    assert departures(config(), changed) == []


def test_assignments_lead_from_the_recipe_to_the_configuration() -> None:
    base = config("bmvc2019/st-vgg-expr")
    start = (Start(model="/runs/a b", parts=("streams",)),)
    changed = base.override(["network.width=0.125", "optimiser.clip_norm=5", "network.recurrent.units=64"])
    changed = changed.model_copy(update={"start": start, "weights": (), "corpora": ("raf-db",), "data": ("/rows",)})
    again = base.override(assignments(base, changed))
    assert again.model_copy(update={"data": ("/rows",)}) == changed
    assert not any(one.startswith("data=") for one in assignments(base, changed))
