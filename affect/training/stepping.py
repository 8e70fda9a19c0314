"""One step of the optimiser: forward, loss, backward, in the precision and in the parts that are asked for."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from affect.errors import AffectError
from affect.training.parallel import keeping_gradients
from affect.training.settings import Compute, OptimiserSettings

Inputs = Mapping[str, Tensor]
Objective = Callable[[dict[str, Tensor], dict[str, Tensor]], tuple[Tensor, dict[str, Tensor]]]
"""Outputs and targets to the loss of the whole batch of all workers and its parts."""

MOST_OVERFLOWS = 50
"""So many steps in a row float16 may overflow while its scale is being found."""


def precision(settings: Compute, device: torch.device) -> torch.dtype:
    """What the network is computed in; the objectives are in float64 always.

    "auto" is bfloat16 on GPUs that have it, which needs no scaling, and float32 elsewhere.
    """
    if settings.precision == "auto":
        fast = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if fast else torch.float32
    dtype: torch.dtype = getattr(torch, settings.precision)
    return dtype


class Stepper:
    """Takes steps with the gradient of the whole batch of all workers.

    With ``parts`` above 1 the batch is computed in so many parts, whose activations alone are held at a time. The
    losses are of the whole batch, so the outputs of all parts are computed first without a graph, the loss and its
    gradient by the outputs follow, and each part is computed again to carry that gradient back: exactly the gradient
    of the undivided batch, for one more forward pass. Batch norms that are not synchronised see a part at a time, as
    they see a worker's share.
    """

    def __init__(
        self,
        settings: Compute,
        limits: OptimiserSettings,
        network: nn.Module,
        model: nn.Module,
        objective: Objective,
        optimiser: torch.optim.Optimizer,
    ) -> None:
        self.parts = settings.parts
        self.clip_norm = limits.clip_norm
        self.network, self.model, self.objective, self.optimiser = network, model, objective, optimiser
        self.device = next(network.parameters()).device
        self.dtype = precision(settings, self.device)
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.dtype is torch.float16)
        self._overflows = 0

    def __call__(self, inputs: Inputs, targets: Inputs, seed: int) -> tuple[Tensor, dict[str, Tensor], str | None]:
        """Take one step; the loss and each of its parts, detached, and what of it is not finite, if anything.

        In that case nothing has been changed. ``seed`` decides all that is drawn at random in the network. Raises
        AffectError where float16 cannot hold the gradients at any scale.
        """
        self.optimiser.zero_grad(set_to_none=True)
        compute = self._at_once if self.parts == 1 else self._in_parts
        loss, losses = compute(inputs, targets, seed)
        wrong = self._wrong(loss)
        if wrong is None:
            self.scaler.step(self.optimiser)
            self._scale()
        return loss.detach(), losses, wrong

    def _at_once(self, inputs: Inputs, targets: Inputs, seed: int) -> tuple[Tensor, dict[str, Tensor]]:
        loss, losses = self.objective(self._forward(self.model, inputs, seed), dict(targets))
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        return loss, losses

    def _in_parts(self, inputs: Inputs, targets: Inputs, seed: int) -> tuple[Tensor, dict[str, Tensor]]:
        parts = list(split(inputs, self.parts))
        with torch.no_grad(), _unchanged_buffers(self.network):
            seen = [self._forward(self.network, part, seed + number) for number, part in enumerate(parts)]
        outputs = {name: torch.cat([one[name] for one in seen]).requires_grad_() for name in seen[0]}
        loss, losses = self.objective(outputs, dict(targets))
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        gradients = {name: output.grad for name, output in outputs.items() if output.grad is not None}
        begin = 0
        for number, (part, rows) in enumerate(zip(parts, (len(one["embedding"]) for one in seen), strict=True)):
            last = number == len(parts) - 1
            with contextlib.nullcontext() if last else keeping_gradients(self.model):
                again = self._forward(self.model, part, seed + number)
                torch.autograd.backward(
                    [again[name] for name in gradients],
                    [gradient[begin : begin + rows] for gradient in gradients.values()],
                )
            begin += rows
        return loss, losses

    def _forward(self, model: Callable[..., Any], inputs: Inputs, seed: int) -> dict[str, Tensor]:
        # A run that goes on from a checkpoint drops the same units as one that was never stopped.
        torch.manual_seed(seed)
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not torch.float32):
            outputs: dict[str, Tensor] = model(inputs)
        return outputs

    def _wrong(self, loss: Tensor) -> str | None:
        """What is not finite, the same on all workers; clips the gradient where that is asked for."""
        scaled = self.scaler.is_enabled()
        if scaled:
            self.scaler.unscale_(self.optimiser)
        norm = torch.nn.utils.get_total_norm(
            [parameter.grad for parameter in self.model.parameters() if parameter.grad is not None]
        )
        if isinstance(norm, DTensor):
            norm = norm.full_tensor()
        # One look at the device for both. An overflow of float16 is met by a smaller scale, not an error.
        finite_loss, finite_norm = torch.stack([loss.detach().isfinite(), norm.isfinite()]).tolist()
        if not finite_loss:
            return "the loss"
        if not finite_norm:
            return None if scaled else "the gradient"
        if self.clip_norm is not None:
            torch.nn.utils.clip_grads_with_norm_(self.model.parameters(), self.clip_norm, norm)
        return None

    def _scale(self) -> None:
        before = self.scaler.get_scale()
        self.scaler.update()
        self._overflows = self._overflows + 1 if self.scaler.get_scale() < before else 0
        if self._overflows > MOST_OVERFLOWS:
            raise AffectError(
                f"the gradients overflowed float16 in {MOST_OVERFLOWS} steps in a row; set compute.precision=bfloat16 "
                "or float32"
            )

    def state(self) -> dict[str, Any]:
        """The scale of float16, to go on with."""
        state: dict[str, Any] = self.scaler.state_dict()
        return state

    def restore(self, state: dict[str, Any]) -> None:
        if state and self.scaler.is_enabled():
            self.scaler.load_state_dict(state)


def split(inputs: Inputs, parts: int) -> Iterator[dict[str, Tensor]]:
    """``inputs`` of Network.forward in ``parts`` of nearly equally many rows, or of sequences where there are some."""
    lengths = inputs.get("lengths")
    rows = len(next(tensor for name, tensor in inputs.items() if name != "lengths"))
    ends = torch.arange(1, rows + 1) if lengths is None else lengths.cumsum(0)
    for number in range(parts):
        first, last = (len(ends) * part // parts for part in (number, number + 1))
        begin, end = (int(ends[place - 1]) if place else 0 for place in (first, last))
        yield {name: tensor[first:last] if name == "lengths" else tensor[begin:end] for name, tensor in inputs.items()}


@contextlib.contextmanager
def _unchanged_buffers(network: nn.Module) -> Iterator[None]:
    """Running statistics are to see each row once."""
    before = [(buffer, buffer.clone()) for buffer in network.buffers()]
    yield
    for buffer, value in before:
        buffer.copy_(value)
