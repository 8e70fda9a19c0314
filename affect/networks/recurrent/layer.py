"""What every recurrent layer is: the products of a whole sequence at once, then step by step."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor, nn

from affect.networks.spec import Recurrent

State = tuple[Tensor, ...]
"""What a layer carries from step to step: tensors (B, units)."""


class Layer(nn.Module, ABC):
    """One recurrent layer of ``units`` on ``features`` inputs."""

    state_tensors: ClassVar[int]
    """How many tensors (B, units) its state has."""
    gates: ClassVar[int]
    """How many times ``units`` values a step takes from its inputs."""

    def __init__(self, features: int, units: int, settings: Recurrent, *, last: bool) -> None:
        """``last`` tells the layer whose outputs leave the stack."""
        super().__init__()
        self.features = features
        self.units = units
        self._create(settings, last=last)

    @abstractmethod
    def _create(self, settings: Recurrent, *, last: bool) -> None:
        """Make and initialise the parameters."""

    @property
    @abstractmethod
    def input_weight(self) -> Tensor:
        """W of ``project``, (gates * units, features)."""

    @abstractmethod
    def project(self, inputs: Tensor) -> Tensor:
        """All that is made of the inputs (..., features) alone, (..., gates * units), bias included."""

    @abstractmethod
    def step(self, projected: Tensor, state: State) -> tuple[Tensor, State]:
        """The output (B, units) and the next state, from one step's projection and the state."""

    def forward(self, inputs: Tensor, state: State, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        """Outputs (T, B, units) for ``inputs`` (T, B, features), and the state after each sequence's last step.

        ``lengths`` (B,) are the sequences' own lengths, on the CPU; None: all are T long. Outputs beyond a sequence's
        end have no meaning.
        """
        outputs, states = [], []
        for projected in self.project(inputs).unbind(0):
            output, state = self.step(projected, state)
            outputs.append(output)
            states.append(state)
        if lengths is not None:
            state = tuple(at_ends(torch.stack(tensors), lengths) for tensors in zip(*states, strict=True))
        return torch.stack(outputs), state


def at_ends(values: Tensor, lengths: Tensor) -> Tensor:
    """Of ``values`` (T, B, n) those at each sequence's last step, (B, n)."""
    return values[lengths.to(values.device) - 1, torch.arange(len(lengths), device=values.device)]
