"""A loss or gradient that is no number: told at the step where it appears, before it spoils the network."""

import logging
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch

from affect import storage
from affect.errors import AffectError
from affect.training.batches import Step

logger = logging.getLogger("affect.training")


class NotFiniteError(AffectError):
    """The step of ``epoch`` and ``step`` gave a loss or gradient that is not finite; no parameter was changed by it."""

    def __init__(self, step: Step, losses: Mapping[str, torch.Tensor], what: str) -> None:
        values = ", ".join(f"{name} {float(value):g}" for name, value in losses.items())
        super().__init__(
            f"{what} is not finite at epoch {step.epoch + 1}, step {step.step + 1} ({values}); lower "
            "optimiser.learning_rate, or set optimiser.clip_norm=5, and train into another --out"
        )
        self.step = step


def save_batch(folder: str, error: NotFiniteError, rank: int) -> str:
    """Write one worker's part of the batch, inputs and targets as they were read, and give the file's URI.

    A file of safetensors named after epoch, step and rank, with the error as its metadata.
    """
    step = error.step
    uri = storage.join(folder, f"epoch{step.epoch:04d}-step{step.step:06d}-rank{rank}.safetensors")
    tensors = {f"{kind}.{name}": tensor.contiguous()
               for kind, of_kind in (("inputs", step.inputs), ("targets", step.targets))
               for name, tensor in of_kind.items()}  # fmt: skip
    with storage.whole_file(uri) as file:
        Path(file).write_bytes(safetensors.torch.save(tensors, metadata={"error": str(error)}))
    return uri
