"""Independently recurrent units (Li et al., CVPR 2018; EXT 2018, section III.B)."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from affect.networks.recurrent.layer import Layer, State, at_ends
from affect.networks.spec import Recurrent


class IndRNN(Layer):
    """h' = relu(W x + u * h + b): each unit sees its own past only.

    |u| is held at 2^(1/T) or less, T being the length of the training sequences, so that no gradient explodes over
    them. W begins within 0.001; u within [0, 2^(1/T)], in the last layer within [0.5^(1/T), 2^(1/T)], where half of
    what was seen at the sequence's beginning is still there at its end. Without these the network does not train.
    """

    state_tensors: ClassVar[int] = 1
    gates: ClassVar[int] = 1

    def _create(self, settings: Recurrent, *, last: bool) -> None:
        self.bound = 2 ** (1 / settings.sequence_length)
        self.weight_input = nn.Parameter(torch.empty(self.units, self.features).uniform_(-0.001, 0.001))
        lowest = 0.5 ** (1 / settings.sequence_length) if last else 0.0
        self.weight_hidden = nn.Parameter(torch.empty(self.units).uniform_(lowest, self.bound))
        self.bias = nn.Parameter(torch.zeros(self.units))

    @property
    def input_weight(self) -> Tensor:
        return self.weight_input

    def project(self, inputs: Tensor) -> Tensor:
        return functional.linear(inputs, self.weight_input, self.bias)

    def step(self, projected: Tensor, state: State) -> tuple[Tensor, State]:
        return self._next(projected, state, self.weight_hidden.clamp(-self.bound, self.bound))

    def forward(self, inputs: Tensor, state: State, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        bounded = self.weight_hidden.clamp(-self.bound, self.bound)
        outputs = []
        for projected in self.project(inputs).unbind(0):
            output, state = self._next(projected, state, bounded)
            outputs.append(output)
        joined = torch.stack(outputs)
        return joined, state if lengths is None else (at_ends(joined, lengths),)

    @staticmethod
    def _next(projected: Tensor, state: State, weight: Tensor) -> tuple[Tensor, State]:
        hidden = torch.relu(torch.addcmul(projected, weight, state[0]))
        return hidden, (hidden,)
