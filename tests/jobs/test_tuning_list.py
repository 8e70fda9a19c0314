"""What --list and --dry-run of the tune job show."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from affect.errors import AffectError
from jobs import tune as tune_job
from jobs.recipes import TRAIN_RECIPES
from jobs.recipes.sweeps import SWEEP_RECIPES
from tests.made_rows import write_rows


def shown(*arguments: str) -> str:
    result = CliRunner().invoke(tune_job.app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0
    return " ".join(result.output.split())


def test_the_list_has_every_recipe_with_its_space_and_where_it_is_from() -> None:
    every = len(TRAIN_RECIPES) + len(SWEEP_RECIPES)
    assert f"{every} of {every}" in shown("--list")
    said = shown("--list", "av-mt-vgg-rnn/staged")
    assert "bmvc2019/av-mt-vgg-rnn/staged learning_rate 1e-06 to 0.001, log BMVC 2019, Table 3 16" in said
    assert "1 of" in said
    with pytest.raises(AffectError, match="no sweep has 'nothing like it'"):
        shown("nothing like it", "--list")


SMALL = ["--set", "train.network.width=0.0625", "--set", "train.network.input_size=32", "--set", "train.batch.size=24",
         "--set", "train.resources.gpu=false"]  # fmt: skip


def test_a_dry_run_says_how_many_trials_and_repeats_there_will_be(tmp_path: Path) -> None:
    write_rows(str(tmp_path / "rows"), {"train": 1, "validation": 1})
    out = ["--data", str(tmp_path / "rows"), "--set", "hours=2", "--set", "trials=9", *SMALL, "--dry-run"]
    said = shown("sample/mt-arcres", *out, "--set", "train.resources.workers=1")
    assert "random, 9 trials of 8 epochs, within 2 hours" in said
    assert "the 3 best are trained again with 3 seeds each: 9 runs in full" in said
    assert "each with 1 workers, 1 CPUs" in said
    assert "hours of learning on this CPU in all" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows"]


def test_a_dry_run_lists_what_stands_in_the_way(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match=r"(?s)aff-wild2: data: .*nowhere.*fer2013: data: "):
        shown("bmvc2019/mt-arcres/fer2013", "--small", "--data", str(tmp_path / "nowhere"), "--dry-run")
