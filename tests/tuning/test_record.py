"""What a sweep leaves in its folder."""

from pathlib import Path

import pytest

from affect.tuning.record import begun_sweep, keep_sweep, left, read_sweep, winner_told
from tests.tuning.made_trials import config, sweep


def test_what_is_kept_is_read(tmp_path: Path) -> None:
    made = sweep(tmp_path, config(), 0.9, None)
    assert begun_sweep(made.uri) is None
    keep_sweep(made)
    assert read_sweep(made.uri) == begun_sweep(made.uri) == made


def test_how_long_the_search_takes_yet(tmp_path: Path) -> None:
    """As long as trials took until now, two at a time, and no longer than the budget and one trial more."""
    made = sweep(tmp_path, config(), 0.9, None)
    made.planned = 6
    assert left(sweep(tmp_path, config()), config(), 2) is None
    made.trials[0].seconds, made.trials[1].seconds = 10.0, 4.0
    made.trials[1].status = "running"
    assert left(made, config(), 2) == pytest.approx((6 + 4 * 10) / 2)
    made.seconds = 3597.0
    assert left(made, config(hours=1), 2) == pytest.approx(3 + 10)


def test_a_winner_without_repeats_is_told_as_the_search_had_it(tmp_path: Path) -> None:
    made = sweep(tmp_path, config(), 0.9, 0.8)
    told = winner_told(made)
    assert (told["trial"], told["value"], told["model"]) == ("000", 0.9, made.trials[0].model)
    assert "mean" not in told
