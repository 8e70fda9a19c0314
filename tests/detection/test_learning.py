"""A detector's training: what it goes on from, what it begins with, and that it learns."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torchvision.models import resnet50, vgg16

from affect.detection.learning import DetectorLearner, Trained, begin_detector
from affect.detection.reading import DetectionPlan, collate, read_step, sets_of
from affect.detection.scenes import SceneSettings
from affect.detection.settings import DetectionObjective, DetectorConfig
from affect.errors import AffectError
from affect.faces.ssh.files import save_ssh
from affect.faces.ssh.spec import SSHSpec
from affect.training.settings import OptimiserSettings, ScheduleSettings
from tests.detection.made_squares import Squares

SMALL = DetectorConfig(
    recipe="test",
    network=SSHSpec(width=0.03),
    scenes=SceneSettings(people=4, lights=1, width=64, height=64),
    side=64,
    scenes_per_epoch=6,
    batch=2,
    epochs=2,
    checkpoint_steps=2,
    validation_pictures=3,
    optimiser=OptimiserSettings(learning_rate=1e-3),
    schedule=ScheduleSettings(name="one-cycle"),
)


class Run:
    """A learner and all that it reports."""

    def __init__(self, config: DetectorConfig) -> None:
        self.config, self.kept = config, []
        self.sets = sets_of(config)
        self.plan = DetectionPlan.of(config, self.sets)
        network = begin_detector(config)
        validation = sets_of(config, validation=True)
        self.learner = DetectorLearner(
            config, network, Trained(network), validation, self.plan.steps_per_epoch, self.report
        )

    def report(self, metrics: dict[str, Any], epoch_ended: bool) -> None:
        self.kept.append((metrics, epoch_ended, copy.deepcopy(self.learner.state())))

    def go(self) -> None:
        steps = self.plan.steps_per_epoch
        first, last = self.learner.epoch * steps + self.learner.step, self.config.epochs * steps
        self.learner.run(read_step(self.config, self.plan, self.sets, divmod(one, steps)) for one in range(first, last))


def test_a_run_that_goes_on_ends_as_one_that_was_not_stopped() -> None:
    whole = Run(SMALL)
    whole.go()
    assert [(metrics["epoch"], ended) for metrics, ended, _ in whole.kept] == [
        (0, False),
        (0, True),
        (1, False),
        (1, True),
    ]
    for _, _, state in whole.kept[:2]:
        again = Run(SMALL)
        again.learner.restore(state)
        again.go()
        torch.testing.assert_close(
            again.learner.network.state_dict(), whole.learner.network.state_dict(), rtol=0, atol=0
        )
        timed = ("seconds", "validation_seconds")
        histories = [[{name: value for name, value in row.items() if name not in timed} for row in run.learner.history]
                     for run in (again, whole)]  # fmt: skip
        np.testing.assert_equal(*histories)
    assert {"scenes-val/average_precision", "scenes-val/landmark_error", "train_boxes"} <= set(whole.learner.history[0])


@pytest.mark.parametrize(
    ("backbone", "make", "name"),
    [("resnet-50", resnet50, "layer3.2.conv2.weight"), ("vgg-16", vgg16, "features.24.weight")],
)
def test_a_backbone_from_torchvision(tmp_path: Path, backbone: str, make: Any, name: str) -> None:
    """The file has the classifier as well, and must be of the full size."""
    with torch.device("meta"):
        network = make()
    path = tmp_path / "backbone.safetensors"
    tensors = {key: torch.zeros(value.shape) for key, value in network.state_dict().items()}
    tensors = {key: value for key, value in tensors.items() if not key.startswith("classifier.0")} | {
        name: torch.full(tensors[name].shape, 0.25)
    }
    safetensors.torch.save_file(tensors, path)
    full = DetectorConfig(recipe="test", network=SSHSpec(backbone=backbone), backbone_weights=str(path))  # type: ignore[arg-type]
    maps = begin_detector(full).maps
    layer = maps.layers.layer3[2].conv2 if backbone == "resnet-50" else maps.to_conv5[1]
    assert (layer.weight == 0.25).all()
    with pytest.raises(AffectError, match=r"\(network\.width is 0\.5\), which has"):
        begin_detector(full.model_copy(update={"network": SSHSpec(backbone=backbone, width=0.5)}))  # type: ignore[arg-type]


def test_a_run_begins_with_the_weights_of_another_of_the_same_network(tmp_path: Path) -> None:
    trained = begin_detector(SMALL.model_copy(update={"seed": 7}))
    file = str(tmp_path / "ssh.safetensors")
    save_ssh(file, trained, trained.state_dict(), {})
    begun = begin_detector(SMALL.model_copy(update={"weights": file}))
    assert all(torch.equal(tensor, begun.state_dict()[name]) for name, tensor in trained.state_dict().items())
    other = SMALL.network.model_copy(update={"width": 0.06})
    with pytest.raises(AffectError, match="is of another network"):
        begin_detector(SMALL.model_copy(update={"weights": file, "network": other}))
    with pytest.raises(AffectError, match="give weights, .* or backbone_weights"):
        SMALL.override([f"weights={file}", f"backbone_weights={file}"])


def test_frozen_parts_stay() -> None:
    run = Run(SMALL.model_copy(update={"frozen": ("maps.layers.conv1", "maps.layers.bn1"), "epochs": 1}))
    before = copy.deepcopy(run.learner.network.state_dict())
    run.go()
    after = run.learner.network.state_dict()
    for name in ("maps.layers.conv1.weight", "maps.layers.bn1.running_mean"):
        assert torch.equal(before[name], after[name])
    assert not torch.equal(before["maps.layers.layer1.0.conv1.weight"], after["maps.layers.layer1.0.conv1.weight"])


def test_it_learns_to_find_what_it_is_shown() -> None:
    config = SMALL.model_copy(
        update={
            "objective": DetectionObjective(forced=True, positive=0.4, allowed_border=(512, 512, 512)),
            "optimiser": OptimiserSettings(learning_rate=0.01),
            "schedule": ScheduleSettings(),
            "checkpoint_steps": None,
            "validation_pictures": 16,
        }
    )
    network = begin_detector(config)
    learner = DetectorLearner(config, network, Trained(network), [Squares()], 1000, lambda _metrics, _ended: None)
    untaught = learner.measure()
    learner.run([collate([(Squares().picture(index), Squares().faces(index)) for index in range(16)])] * 40)
    taught = learner.measure()
    assert untaught["squares/average_precision"] < 0.05
    assert taught["squares/average_precision"] > 0.4
    assert taught["squares/landmark_error"] < 0.4
