"""A detector trained by the job on a real local Ray, to a file that detects; what stands in its way told plainly."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open
from typer.testing import CliRunner

from affect.detection.reading import DetectionPlan, read_step, sets_of
from affect.detection.settings import DetectorConfig, WiderSettings
from affect.errors import AffectError
from affect.faces import load_detector
from affect.faces.ssh.files import ABOUT, load_ssh
from affect.faces.ssh.spec import SSHSpec
from affect.preprocessing.settings import DetectorSettings
from affect.training.settings import OptimiserSettings, Resources
from jobs import train_detector as job
from jobs.detector_steps import stream_batches
from jobs.recipes.detector import DETECTORS, detector_recipe
from tests.detection.made_wider import LABELS, write_wider


@pytest.fixture
def config(tmp_path: Path) -> DetectorConfig:
    root = tmp_path / "wider"
    for split in ("train", "val"):
        write_wider(root, split)
    return DetectorConfig(
        recipe="test",
        network=SSHSpec(width=0.03, sync_batchnorm=True),
        wider=(WiderSettings(root=str(root)),),
        side=64,
        batch=2,
        epochs=2,
        optimiser=OptimiserSettings(learning_rate=1e-3),
    )


@pytest.mark.ray
@pytest.mark.usefixtures("ray_cluster")
def test_a_run_leaves_a_detector(tmp_path: Path, config: DetectorConfig, caplog: pytest.LogCaptureFixture) -> None:
    out = str(tmp_path / "run")
    caplog.set_level("WARNING", "affect")
    (Path(config.wider[0].root) / "train/label.txt").write_text(LABELS + "5 5 0 9\n")
    answer = job.train_detector(config, out, local=True)
    assert "12--Group/12_Group_9.jpg, face 2: the box has no area" in caplog.text
    history = pd.read_parquet(tmp_path / "run" / "metrics.parquet")
    assert history["epoch"].tolist() == [0, 1]
    assert answer["metrics"]["wider-face-val/average_precision"] == history["wider-face-val/average_precision"].iloc[-1]
    settings = DetectorSettings(name="ssh", weights=answer["weights"], score=0.0)
    assert len(load_detector(settings)(np.zeros((64, 64, 3), np.uint8)))
    assert load_ssh(answer["weights"]).spec == SSHSpec(width=0.03)
    with safe_open(answer["weights"], "pt") as file:
        about = json.loads(file.metadata()[ABOUT])
    assert (about["recipe"], about["synthetic"], about["metrics"]) == ("test", False, answer["metrics"])
    assert job.train_detector(config, out) == answer  # finished: nothing is trained again
    with pytest.raises(AffectError, match="batch: 2 -> 4"):
        job.train_detector(config.model_copy(update={"batch": 4}), out)


def test_without_ray_data_the_steps_are_the_same(config: DetectorConfig) -> None:
    alone = config.model_copy(update={"resources": Resources(data_cpus_per_worker=0)})
    plan, sets = DetectionPlan.of(config, sets_of(config)), sets_of(config)
    steps = [divmod(number, plan.steps_per_epoch) for number in range(1, plan.steps_per_epoch * config.epochs)]
    made = list(stream_batches(alone, 0, 1, *steps[0]))
    np.testing.assert_equal(made, [read_step(config, plan, sets, place) for place in steps])


@pytest.mark.parametrize("name", DETECTORS)
def test_recipes_stand_by_themselves(name: str) -> None:
    config = detector_recipe(name)
    assert DetectorConfig.from_yaml(config.to_yaml()) == config
    assert config.recipe == name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ssh/resnet-50", "--out", "run"], "give --wider FOLDER"),
        (["ssh/resnet50", "--out", "run"], "did you mean 'ssh/resnet-50'"),
        (["ssh/narrow", "--out", "run", "--set", "side=320"], "set scenes.width and scenes.height to side=320"),
        (["ssh/narrow", "--out", "run", "--set", "batch=2", "--set", "resources.workers=3"], "3 workers cannot share"),
        (["ssh/narrow", "--out", "run", "--set", "compute.parts=2"], "compute.parts=1"),
        (["ssh/narrow", "--out", "run", "--set", "optimiser.average=0.9"], "trained without optimiser.average"),
        (["ssh/narrow", "--out", "run", "--set", "resources.row_cache_gib=5"], "without resources.row_cache_gib"),
    ],
)
def test_what_stands_in_the_way(arguments: list[str], message: str) -> None:
    result: Any = CliRunner().invoke(job.app, arguments)
    assert isinstance(result.exception, AffectError)
    assert message in str(result.exception)
