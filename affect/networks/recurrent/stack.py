"""Recurrent layers one on another, and what every recurrent part of a network is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from affect.networks.recurrent.layer import Layer, State


class Temporal(nn.Module, ABC):
    """A recurrent part; all it carries from one call to the next is one tensor (B, ``state_size``), zeros at first."""

    units: int
    """Length of an output."""
    state_size: int

    @abstractmethod
    def forward(self, inputs: Tensor, state: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Outputs (T, B, units) for ``inputs`` (T, B, features), and the state after each sequence's last step.

        ``lengths`` (B,) are the sequences' own lengths, on the CPU, at least 1; None: all are T long. Outputs beyond a
        sequence's end have no meaning.
        """


class Stack(Temporal):
    """Layers of which each sees the outputs of the one below, with dropout between (IJCV 2019, Table 8)."""

    def __init__(self, layers: Sequence[Layer], dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.dropout = nn.Dropout(dropout)
        self.units = layers[-1].units
        self.state_size = sum(layer.state_tensors * layer.units for layer in layers)

    def each(self) -> list[Layer]:
        """The layers, the lowest first."""
        return [cast("Layer", layer) for layer in self.layers]

    def unpack(self, state: Tensor) -> list[State]:
        """The states of the layers from one tensor (B, state_size)."""
        sizes = [layer.units for layer in self.each() for _ in range(layer.state_tensors)]
        parts = iter(torch.split(state, sizes, dim=1))
        return [tuple(next(parts) for _ in range(layer.state_tensors)) for layer in self.each()]

    @staticmethod
    def pack(states: Sequence[State]) -> Tensor:
        """One tensor (B, state_size) from the states of the layers."""
        return torch.cat([tensor for state in states for tensor in state], dim=1)

    def forward(self, inputs: Tensor, state: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        states = []
        for index, (layer, of_layer) in enumerate(zip(self.each(), self.unpack(state), strict=True)):
            inputs, after = layer(inputs if index == 0 else self.dropout(inputs), of_layer, lengths)
            states.append(after)
        return inputs, self.pack(states)
