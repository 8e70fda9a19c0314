"""How a detector learns, step by step, and is measured: as affect.training.loop does for the networks of affect."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from affect.detection.annotated import DetectionSet
from affect.detection.objective import SSHObjective
from affect.detection.reading import Batch
from affect.detection.settings import DetectorConfig
from affect.errors import AffectError
from affect.faces.ssh.detector import SSHDetector
from affect.faces.ssh.files import load_ssh
from affect.faces.ssh.network import SSH
from affect.metrics.average_precision import AveragePrecision, matches
from affect.metrics.landmark_error import LandmarkError
from affect.networks.parts import freeze
from affect.objectives.world import of_all, rank, world_size
from affect.preprocessing.settings import DetectorSettings
from affect.pretrained.files import read_weights
from affect.training.optimisers import build_optimiser, build_schedule
from affect.training.parallel import (
    align_buffers,
    network_state,
    optimiser_state,
    set_network_state,
    set_optimiser_state,
)
from affect.training.stepping import Stepper

logger = logging.getLogger("affect.training")

LOWEST_SCORE = 0.05
"""Detections down to here are judged (the authors' test configuration)."""

TOLD_STEPS = 50
"""A line of the log for so many steps."""


class Trained(nn.Module):
    """SSH as a step calls it, with inputs by name."""

    def __init__(self, network: SSH) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        outputs: dict[str, Tensor] = self.network(inputs["pictures"])
        return outputs


def begin_detector(config: DetectorConfig) -> SSH:
    """The network of ``config``, drawn from the seed, with the weights it begins with and its frozen parts frozen.

    Raises AffectError where the file does not fit, or a part has another name.
    """
    torch.manual_seed(config.seed)
    network = SSH(config.network)
    if config.backbone_weights is not None:
        _load_backbone(network, config.backbone_weights)
    if config.weights is not None:
        _load_whole(network, config.weights)
    freeze(network, config.frozen)
    return network


class DetectorLearner:
    """Learns from the steps it is given, in order, and can be saved and restored between any two.

    ``model`` is ``Trained(network)`` or what parallel.spread made of it. ``report`` is called on every worker with
    (metrics, whether an epoch ended) whenever a checkpoint is due.
    """

    def __init__(
        self,
        config: DetectorConfig,
        network: SSH,
        model: nn.Module,
        validation: Sequence[DetectionSet],
        steps_per_epoch: int,
        report: Callable[[dict[str, Any], bool], None],
    ) -> None:
        self.config, self.network, self.model, self.validation = config, network, model, validation
        self.steps_per_epoch, self.report = steps_per_epoch, report
        self.device = next(network.parameters()).device
        self.optimiser = build_optimiser(config.optimiser, [one for one in model.parameters() if one.requires_grad])
        objective = SSHObjective(config.objective, config.side, config.side)
        self.stepper = Stepper(config.compute, config.optimiser, network, model, objective, self.optimiser)
        self.schedule = build_schedule(config.schedule, self.optimiser, steps_per_epoch * config.epochs)
        self.epoch, self.step = 0, 0  # the next to take
        self.history: list[dict[str, Any]] = []
        self._losses: dict[str, float] = {}
        self._seconds = 0.0

    def run(self, steps: Iterable[Batch]) -> None:
        """Take ``steps``, those from (``epoch``, ``step``) on, to the end of the run."""
        began = time.monotonic()
        for batch in steps:
            self._learn(batch)
            self._seconds += time.monotonic() - began
            if self.step == self.steps_per_epoch:
                self._close_epoch()
            elif self.config.checkpoint_steps is not None and self.step % self.config.checkpoint_steps == 0:
                self.report({"epoch": self.epoch, "step": self.step}, False)
            began = time.monotonic()

    def _learn(self, batch: Batch) -> None:
        self.model.train()
        inputs, targets = _as_tensors(batch, self.device)
        loss, parts, wrong = self.stepper(inputs, targets, self.config.seed)
        if wrong is not None:
            raise AffectError(
                f"{wrong} is not finite at epoch {self.epoch + 1}, step {self.step + 1}; lower "
                "optimiser.learning_rate, or set optimiser.clip_norm=5, and train into another --out"
            )
        self.schedule.step()
        self.step += 1
        for name, value in ({"loss": loss} | parts).items():
            self._losses[name] = self._losses.get(name, 0.0) + float(value)
        if self.step % TOLD_STEPS == 0:
            _log("epoch %d, step %d of %d: mean loss %.4f", self.epoch + 1, self.step, self.steps_per_epoch,
                 self._losses["loss"] / self.step)  # fmt: skip

    def _close_epoch(self) -> None:
        align_buffers(self.network)
        trained = {f"train_{name}": total / self.step for name, total in self._losses.items()}
        seconds, rate = self._seconds, self.schedule.get_last_lr()[0]
        began = time.monotonic()
        metrics = self.measure()
        times = {"seconds": seconds, "validation_seconds": time.monotonic() - began}
        self.history.append({"epoch": self.epoch, "learning_rate": rate} | trained | metrics | times)
        _log("epoch %d/%d: train loss %.4f, %s", self.epoch + 1, self.config.epochs, trained["train_loss"],
             ", ".join(f"{name} {value:.4f}" for name, value in metrics.items()))  # fmt: skip
        self.epoch, self.step, self._losses, self._seconds = self.epoch + 1, 0, {}, 0.0
        self.report(self.history[-1], True)

    def measure(self) -> dict[str, float]:
        """Average precision of each validation set, and the error of the landmarks of the faces that were found."""
        self.network.eval()
        settings = DetectorSettings(name="ssh", size=self.config.validation_size, score=LOWEST_SCORE)
        detector = SSHDetector(settings, self.network)
        metrics: dict[str, float] = {}
        for pictures in self.validation:
            precision, error = AveragePrecision(), LandmarkError()
            for index in range(rank(), min(len(pictures), self.config.validation_pictures), world_size()):
                faces, found = pictures.faces(index), detector(pictures.picture(index))
                precision.update(found.boxes, found.scores, faces.boxes, ~faces.ignored)
                if self.network.spec.landmarks:
                    face, _ = matches(found.boxes, faces.boxes, ~faces.ignored)
                    error.update(found.landmarks[face >= 0], faces.landmarks[face[face >= 0]])
            precision, error = _joined(precision, AveragePrecision()), _joined(error, LandmarkError())
            metrics[f"{pictures.name}/average_precision"] = precision.compute()
            if self.network.spec.landmarks:
                metrics[f"{pictures.name}/landmark_error"] = error.compute()
        return metrics

    def state(self) -> dict[str, Any]:
        """All that is needed to go on. All workers must call it; it is whole on the first."""
        return {
            "network": network_state(self.network),
            "optimiser": optimiser_state(self.network, self.optimiser),
            "schedule": self.schedule.state_dict(),
            "scaler": self.stepper.state(),
            "epoch": self.epoch,
            "step": self.step,
            "losses": self._losses,
            "seconds": self._seconds,
            "history": self.history,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` gave; the number of workers may differ."""
        set_network_state(self.network, state["network"])
        set_optimiser_state(self.network, self.optimiser, state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.stepper.restore(state["scaler"])
        self.epoch, self.step = state["epoch"], state["step"]
        self._losses, self._seconds, self.history = state["losses"], state["seconds"], state["history"]


def _as_tensors(batch: Batch, device: torch.device) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Inputs and targets of a step, on ``device``."""
    tensors = {name: torch.from_numpy(np.array(values)).to(device) for name, values in batch.items()}
    pictures = tensors.pop("pictures").permute(0, 3, 1, 2)
    return {"pictures": pictures}, tensors


def _joined(own: Any, whole: Any) -> Any:
    """What all workers have seen."""
    for state in of_all(own.state()):
        whole.merge(state)
    return whole


def _load_whole(network: SSH, uri: str) -> None:
    given = load_ssh(uri)
    plain = network.spec.model_copy(update={"sync_batchnorm": given.spec.sync_batchnorm})  # the same tensors
    if given.spec != plain:
        raise AffectError(f"{uri} is of another network ({given.spec}); train the same: set network as it was")
    network.load_state_dict(given.state_dict())


def _load_backbone(network: SSH, uri: str) -> None:
    """Torchvision's names are ours, but for what ResNet's layers are held in; VGG's layers are numbered alike."""
    tensors = read_weights(uri).tensors
    faults, loaded = [], 0
    with torch.no_grad():
        for name, tensor in network.maps.state_dict().items():
            part, _, rest = name.partition(".")
            if part not in {"layers", "to_conv4", "to_conv5"}:
                continue
            theirs = rest if part == "layers" else f"features.{rest}"
            found = tensors.get(theirs)
            if found is None and theirs.endswith("num_batches_tracked"):
                continue
            if found is None or found.shape != tensor.shape:
                faults.append(
                    f"{theirs} {list(tensor.shape)}" + (f", not {list(found.shape)}" if found is not None else "")
                )
                continue
            tensor.copy_(found)
            loaded += 1
    if faults:
        what = f"torchvision's {network.spec.backbone} (network.width is {network.spec.width:g})"
        raise AffectError(f"{uri} is not {what}, which has\n  " + "\n  ".join(faults[:20]))
    _log("%d tensors of the backbone from %s", loaded, uri)


def _log(message: str, *values: Any) -> None:
    if rank() == 0:
        logger.info(message, *values)
