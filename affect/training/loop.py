"""What is done with the steps of a run: learn, find cluster centres, measure, keep checkpoints."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch.optim.swa_utils import AveragedModel

from affect.evaluation import CENTRES
from affect.evaluation.examples import Examples
from affect.metrics import FrameMetrics
from affect.networks import Network
from affect.networks.inputs import to_device
from affect.objectives import MultiTask
from affect.objectives.world import of_all, rank
from affect.registry import look_up
from affect.training.batches import Step
from affect.training.following import Follower, StepFacts
from affect.training.memory import private_mib
from affect.training.not_finite import NotFiniteError
from affect.training.optimisers import build_optimiser, build_schedule
from affect.training.parallel import (
    align_buffers,
    network_state,
    optimiser_state,
    set_network_state,
    set_optimiser_state,
)
from affect.training.settings import TrainConfig
from affect.training.stepping import Stepper

logger = logging.getLogger("affect.training")

LEAVING_STEPS = 10
"""To ask whether a node is about to be taken away is to wait for all workers."""

CHECKPOINT = "training.pt"
"""The file of a checkpoint's folder."""


_SCORED = ("expression_macro_f1", "action_units_f1", "compound_macro_f1", "identity_accuracy")


def score(metrics: dict[str, float]) -> float:
    """One figure to compare models by: the mean over tasks of mean CCC, macro F1s and mean AU F1."""
    tasks = []
    if "valence_ccc" in metrics:
        tasks.append((metrics["valence_ccc"] + metrics["arousal_ccc"]) / 2)
    tasks += [metrics[name] for name in _SCORED if name in metrics]
    return sum(tasks) / len(tasks)


class Learner:
    """Learns from the steps it is given, in order, and can be saved and restored between any two.

    ``model`` is ``network`` or what parallel.spread made of it. ``report`` is called on every worker with (metrics,
    whether an epoch ended) whenever a checkpoint is due. ``leaving`` is asked on every worker each LEAVING_STEPS steps;
    the first time it says that a worker's node is about to be taken away a checkpoint is due as well.
    """

    def __init__(
        self,
        config: TrainConfig,
        network: Network,
        model: torch.nn.Module,
        device: torch.device,
        steps_per_epoch: int,
        report: Callable[[dict[str, Any], bool], None],
        followers: Sequence[Follower] = (),
        leaving: Callable[[], bool] = lambda: False,
        new_examples: Callable[[], Examples] | None = None,
    ) -> None:
        self.config, self.network, self.model, self.device = config, network, model, device
        self.steps_per_epoch = steps_per_epoch
        self.report = report
        self.followers = followers
        self.leaving, self._left = leaving, False
        self.new_examples = new_examples
        self.optimiser = build_optimiser(config.optimiser, model.parameters())
        self.averaged = _averaged(network, config.optimiser.average)
        objective = MultiTask(config.objective, config.network)
        self.stepper = Stepper(config.compute, config.optimiser, network, model, objective, self.optimiser)
        self.schedule = build_schedule(config.schedule, self.optimiser, steps_per_epoch * config.epochs)
        self.epoch, self.step = 0, 0  # the next to take
        self.history: list[dict[str, Any]] = []
        self.best: tuple[float, dict[str, torch.Tensor]] | None = None
        self.results: dict[str, FrameMetrics] = {}
        self._losses: dict[str, torch.Tensor | float] = {}
        self._steps = self._rows = 0
        self._metrics = FrameMetrics(config.network)
        self._examples: Examples | None = None
        self._new_centres = look_up(CENTRES, config.centres, "way to find cluster centres")
        self._centres = self._new_centres(self.learnt)
        self._epoch_began = time.monotonic()
        self._last_step = self._trained_at = time.monotonic()
        self._waited = self._waited_for_step = self._checkpoint_seconds = self._memory = 0.0

    @property
    def learnt(self) -> Network:
        """What is measured and becomes the model: the network, or the moving average of its weights."""
        return self.network if self.averaged is None else cast("Network", self.averaged.module)

    def run(self, steps: Iterable[Step]) -> None:
        """Take all ``steps`` to the end of the run."""
        if self.epoch == self.config.epochs:
            self._choose()
        iterator = iter(steps)
        while True:
            asked = time.monotonic()
            step = next(iterator, None)
            self._waited_for_step = time.monotonic() - asked
            self._waited += self._waited_for_step
            if step is None:
                return
            handle = {"train": self._learn, "centres": self._embed}.get(step.phase, self._measure)
            if step.rows:
                handle(step)
            if step.closes:
                self._close(step)

    def _inputs(self, step: Step) -> dict[str, torch.Tensor]:
        return to_device(step.inputs, self.network.spec, self.device)

    def _learn(self, step: Step) -> None:
        if not self.model.training:
            self.model.train()
        targets = {name: target.to(self.device, non_blocking=True) for name, target in step.targets.items()}
        rate = float(self.optimiser.param_groups[0]["lr"])
        loss, parts, wrong = self.stepper(self._inputs(step), targets, self._seed(step))
        named = {"loss": loss} | parts
        if wrong is not None:
            raise NotFiniteError(step, named, wrong)
        self.schedule.step()
        if self.averaged is not None:
            self.averaged.update_parameters(self.network)
        self.step = step.step + 1
        self._rows += step.total
        self._losses = {name: self._losses.get(name, 0) + value for name, value in named.items()}
        self._steps += 1
        self._memory = max(self._memory, private_mib())
        self._tell(step, named, rate)
        if self._due():
            self._keep({"epoch": self.epoch, "step": self.step, "train_loss": float(loss)}, epoch_ended=False)

    def _seed(self, step: Step) -> int:
        """Of what a step draws at random on this worker: a run that goes on draws what it would have drawn."""
        place = np.random.SeedSequence([self.config.seed, step.epoch, step.step, rank()])
        return int(place.generate_state(1, np.uint64)[0] >> 1)

    def _due(self) -> bool:
        """Whether to keep a checkpoint within the epoch, the same on all workers."""
        if self.step == self.steps_per_epoch:
            return False
        every = self.config.checkpoint_steps
        if not self._left and self.step % LEAVING_STEPS == 0 and self.leaving():
            self._left = True
            _log("a node is about to be taken away: keeping a checkpoint")
            return True
        return every is not None and self.step % every == 0

    @torch.inference_mode()
    def _embed(self, step: Step) -> None:
        outputs = self._judged()(self._inputs(step))
        self._centres.update(outputs["embedding"], step.targets["expression"].to(self.device))

    @torch.inference_mode()
    def _measure(self, step: Step) -> None:
        predictions = self._judged().predict(self._inputs(step))
        self._metrics.update(predictions, step.targets)
        if step.phase == "validation" and self.new_examples is not None:
            self._examples = self._examples or self.new_examples()
            self._examples.update(step.inputs["image"], predictions, step.targets, step.groups)

    def _judged(self) -> Network:
        """``learnt``, ready to be asked."""
        (self.model if self.averaged is None else self.averaged).eval()
        return self.learnt

    def _close(self, step: Step) -> None:
        if step.phase == "train":
            self._trained = {
                "epoch": self.epoch,
                "learning_rate": self.schedule.get_last_lr()[0],
                **{f"train_{name}": float(total) / self._steps for name, total in self._losses.items()},
                "rows": self._rows,
                "seconds": time.monotonic() - self._epoch_began,
                "data_wait_share": self._waited / max(1e-9, time.monotonic() - self._epoch_began),
                "peak_memory_mib": self._memory,
                "checkpoint_seconds": self._checkpoint_seconds,
            }
            self._trained_at, self._checkpoint_seconds = time.monotonic(), 0.0
            align_buffers(self.network)
            if self.averaged is not None:
                align_buffers(self.learnt)
        elif step.phase == "centres":
            centres = self._new_centres(self.learnt)
            for state in of_all(self._centres.state()):
                centres.merge(state)
            centres.set_centres(self.learnt)
        else:
            metrics = FrameMetrics(self.config.network)
            examples = self.new_examples() if self.new_examples is not None and step.phase == "validation" else None
            kept = self._examples.state() if self._examples is not None else {}
            for state, pictures in of_all((self._metrics.state(), kept)):
                metrics.merge(state)
                if examples is not None:
                    examples.merge(pictures)
            self.results[step.phase] = metrics
            for follower in self.followers:
                follower.measured(step.phase, min(step.epoch + 1, self.config.epochs), metrics, examples)
            if step.epoch < self.config.epochs:
                self._close_epoch(metrics.compute())
        self._begin_phase()

    def _close_epoch(self, metrics: dict[str, float]) -> None:
        metrics = metrics | {"score": score(metrics)}
        self.history.append(self._trained | {"passes_seconds": time.monotonic() - self._trained_at} | metrics)
        if self.config.keep == "best" and (self.best is None or metrics["score"] > self.best[0]):
            self.best = metrics["score"], network_state(self.learnt)
        shown = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items() if name in _HEADLINES)
        rate = self._trained["rows"] / max(1e-9, self._trained["seconds"])
        _log("epoch %d/%d: train loss %.3f, %s (%.0f rows/s)", self.epoch + 1, self.config.epochs,
             self._trained["train_loss"], shown, rate)  # fmt: skip
        self.epoch, self.step = self.epoch + 1, 0
        for follower in self.followers:
            follower.epoch(self.history)
        self._keep(self.history[-1], epoch_ended=True)
        if self.epoch == self.config.epochs:
            self._choose()
        self._epoch_began = self._last_step = time.monotonic()
        self._waited = self._memory = 0.0

    def _choose(self) -> None:
        if self.best is not None:
            set_network_state(self.learnt, self.best[1])

    def _begin_phase(self) -> None:
        self._losses = {}
        self._steps = self._rows = 0
        self._metrics, self._examples = FrameMetrics(self.config.network), None
        self._centres = self._new_centres(self.learnt)

    def _tell(self, step: Step, losses: dict[str, torch.Tensor], rate: float) -> None:
        now = time.monotonic()
        if self.followers:
            facts = StepFacts(
                number=self.epoch * self.steps_per_epoch + self.step,
                epoch=self.epoch,
                rows=step.total,
                seconds=now - self._last_step,
                waited=self._waited_for_step,
                learning_rate=rate,
                losses=losses,
            )
            for follower in self.followers:
                follower.step(facts)
        self._last_step = now

    def _keep(self, metrics: dict[str, Any], *, epoch_ended: bool) -> None:
        began = time.monotonic()
        self.report(metrics, epoch_ended)
        seconds = time.monotonic() - began
        self._checkpoint_seconds += seconds
        for follower in self.followers:
            follower.checkpoint(seconds)

    def state(self) -> dict[str, Any]:
        """All that is needed to go on: network, optimiser, schedule, place in the run, history.

        All workers must call it; it is whole on the first.
        """
        return {
            "network": network_state(self.network),
            "averaged": None if self.averaged is None else network_state(self.learnt),
            "optimiser": optimiser_state(self.network, self.optimiser),
            "schedule": self.schedule.state_dict(),
            "scaler": self.stepper.state(),
            "epoch": self.epoch,
            "step": self.step,
            "so_far": {
                "losses": {name: float(total) for name, total in self._losses.items()},
                "steps": self._steps,
                "rows": self._rows,
                "seconds": time.monotonic() - self._epoch_began,
                "waited": self._waited,
            },
            "history": self.history,
            "best": self.best,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what ``state`` gave; the number of workers, and how the network is spread, may differ."""
        set_network_state(self.network, state["network"])
        if self.averaged is not None and state["averaged"] is not None:
            set_network_state(self.learnt, state["averaged"])
            self.averaged.n_averaged.fill_(state["epoch"] * self.steps_per_epoch + state["step"])
        set_optimiser_state(self.network, self.optimiser, state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.stepper.restore(state["scaler"])
        self.epoch, self.step = state["epoch"], state["step"]
        if self.step:
            so_far = state["so_far"]
            self._losses, self._steps, self._rows = so_far["losses"], so_far["steps"], so_far["rows"]
            self._epoch_began, self._waited = time.monotonic() - so_far["seconds"], so_far["waited"]
        self.history, self.best = state["history"], state["best"]


def _averaged(network: Network, decay: float | None) -> AveragedModel | None:
    """Running statistics are averaged with the weights: they belong to them."""
    if decay is None:
        return None

    def update(averages: Any, values: Any, number: Any) -> None:
        if not averages[0].is_floating_point():  # how many batches were counted
            torch._foreach_copy_(averages, values)
            return
        # The weights that the network began with are soon left behind.
        kept = min(decay, (1 + int(number)) / (10 + int(number)))
        torch._foreach_lerp_(averages, values, 1 - kept)

    return AveragedModel(network, multi_avg_fn=update, use_buffers=True)


def save_state(state: dict[str, Any], folder: Path) -> None:
    """Write what Learner.state gave on the first worker."""
    torch.save(state, folder / CHECKPOINT)


def load_state(folder: Path) -> dict[str, Any]:
    """What ``save_state`` wrote, on the CPU."""
    state: dict[str, Any] = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)
    return state


_HEADLINES = ("valence_ccc", "arousal_ccc", *_SCORED, "score")


def _log(message: str, *values: Any) -> None:
    if rank() == 0:
        logger.info(message, *values)
