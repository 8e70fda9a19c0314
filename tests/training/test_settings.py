"""Settings of a recipe of several stages are set in all of them, or in one."""

import pytest

from affect.errors import AffectError
from affect.training.settings import Chain
from jobs.recipes import recipe

CHAIN = recipe("own/fer2013")
assert isinstance(CHAIN, Chain)


@pytest.mark.parametrize(
    "assignments",
    [
        ["resources.workers=3", "stages.second-cycle.resources.workers=5", "recipe=mine"],
        ["stages.second-cycle.resources.workers=5", "recipe=mine", "resources.workers=3"],
    ],
)
def test_a_key_without_a_stage_is_set_in_every_one_that_has_no_own(assignments: list[str]) -> None:
    changed = CHAIN.override(assignments)
    assert {name: stage.resources.workers for name, stage in changed.stages.items()} == {
        "first-cycle": 3,
        "second-cycle": 5,
    }
    assert changed.recipe == "mine"
    assert changed.stages["first-cycle"].recipe == CHAIN.stages["first-cycle"].recipe


def test_a_wrong_key_is_told_by_those_of_a_stage() -> None:
    with pytest.raises(AffectError, match="did you mean 'resources'"):
        CHAIN.override(["resorces.workers=3"])


def test_weights_from_outside_are_named_key_by_key() -> None:
    stage = CHAIN.stages["first-cycle"].override(["pretrained.image.source=vgg-face", "pretrained.image.uri=FILE"])
    assert stage.pretrained["image"].source == "vgg-face"
