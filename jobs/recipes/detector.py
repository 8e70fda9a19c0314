"""The papers' face detector, SSH: on WIDER FACE as its authors trained it, and small on composed scenes."""

from collections.abc import Callable

from affect.detection.scenes import SceneSettings
from affect.detection.settings import DetectionObjective, DetectorConfig
from affect.faces.ssh.spec import SSHSpec
from affect.registry import look_up
from affect.training.settings import Compute, OptimiserSettings, ScheduleSettings

FROZEN_VGG = ("maps.to_conv4.0", "maps.to_conv4.2", "maps.to_conv4.5", "maps.to_conv4.7")
"""Blocks 1 and 2."""

SGD = OptimiserSettings(name="sgd", learning_rate=0.004, weight_decay=5e-4)


def ssh_resnet() -> DetectorConfig:
    """With five landmarks, as published with insightface; needs wider, and backbone_weights to begin well."""
    return DetectorConfig(
        recipe="ssh/resnet-50",
        paper="SSH (ICCV 2017) on ResNet-50; BMVC 2019, section 3; FaceBehaviorNet, section 5",
        optimiser=SGD,
        epochs=80,
    )


def ssh_vgg() -> DetectorConfig:
    """The original, without landmarks."""
    return ssh_resnet().model_copy(
        update={
            "recipe": "ssh/vgg-16",
            "paper": "SSH (ICCV 2017)",
            "network": SSHSpec(backbone="vgg-16", landmarks=False),
            "frozen": FROZEN_VGG,
        }
    )


def ssh_narrow() -> DetectorConfig:
    """A quarter of the channels, from nothing, on composed scenes: what two cores can train."""
    return DetectorConfig(
        recipe="ssh/narrow",
        paper="SSH (ICCV 2017) on ResNet-50, a quarter as wide",
        network=SSHSpec(width=0.25, sync_batchnorm=True),
        scenes=SceneSettings(smallest=24.0),
        scenes_per_epoch=2048,
        side=256,
        batch=16,
        # Sizes between those of the anchors have none that is half theirs; and in small pictures most faces' anchors
        # leave the picture. The authors' smooth L1 hardly pulls at landmarks that are a pixel off.
        objective=DetectionObjective(
            forced=True, positive=0.4, allowed_border=(512, 512, 512), landmarks_weight=3.0, landmarks_sigma=10.0
        ),
        optimiser=OptimiserSettings(name="adam", learning_rate=2e-3, clip_norm=10.0),
        schedule=ScheduleSettings(name="one-cycle", warm_up=0.15),
        compute=Compute(precision="bfloat16"),
        epochs=32,
        validation_pictures=200,
        validation_size=256,  # larger faces than those of its scenes it was never shown
    )


DETECTORS: dict[str, Callable[[], DetectorConfig]] = {
    "ssh/resnet-50": ssh_resnet,
    "ssh/vgg-16": ssh_vgg,
    "ssh/narrow": ssh_narrow,
}


def detector_recipe(name: str) -> DetectorConfig:
    """Raises AffectError naming the nearest where there is no such recipe."""
    return look_up(DETECTORS, name, "recipe for a detector")()
