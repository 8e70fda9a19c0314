"""Which trials are trained again, and with what seeds."""

from pathlib import Path

import pytest

from affect.training.settings import Chain, TrainConfig
from affect.tuning.trials import choose, with_seed
from tests.tuning.made_trials import TRAIN, config, sweep


def test_the_best_get_seeds_that_no_trial_had(tmp_path: Path) -> None:
    made = sweep(tmp_path, config(), 0.3, 0.9, None, 0.5)
    choose(made, config())
    assert {trial.id: [repeat.seed for repeat in trial.repeats] for trial in made.trials} == {
        "000": [],
        "001": [1, 3, 4],  # 2 was the search's
        "002": [],
        "003": [1, 3, 4],
    }
    made.trials[1].repeats[0].status = "finished"
    choose(made, config())
    assert [repeat.status for repeat in made.trials[1].repeats] == ["finished", "waiting", "waiting"]


@pytest.mark.parametrize(
    "run", [TRAIN, Chain(recipe="c", stages={"a": TRAIN, "b": TRAIN, "c": TRAIN}, given={"a": "m"})]
)
def test_a_repeat_is_its_trial_exactly_but_for_the_seed(run: TrainConfig | Chain) -> None:
    other = with_seed(run, 7)
    if isinstance(run, TrainConfig):
        assert other.seed == 7
    else:
        assert [one.seed for one in other.stages.values()] == [2, 7, 7]  # a is given: it is not trained
    assert with_seed(other, 2) == run
