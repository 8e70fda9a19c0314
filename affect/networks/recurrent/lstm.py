"""Long short-term memory on torch's fused kernels (EXT 2018, section III.B)."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from affect.networks.recurrent.fused import OneLayerLSTM, fused, xavier
from affect.networks.recurrent.layer import Layer, State
from affect.networks.spec import Recurrent


class LSTM(Layer):
    """c' = f * c + i * g, h' = o * tanh(c'); i, f and o sigmoids, g = tanh, each of W x + U h + b."""

    state_tensors: ClassVar[int] = 2
    gates: ClassVar[int] = 4

    def _create(self, settings: Recurrent, *, last: bool) -> None:  # noqa: ARG002
        self.lstm = OneLayerLSTM(self.features, self.units)
        xavier(self.lstm)
        # TensorFlow's forget bias: at first the memory is mostly kept.
        nn.init.ones_(self.lstm.bias_ih_l0[self.units : 2 * self.units])

    @property
    def input_weight(self) -> Tensor:
        return self.lstm.weight_ih_l0

    def project(self, inputs: Tensor) -> Tensor:
        return functional.linear(inputs, self.lstm.weight_ih_l0, self.lstm.bias_ih_l0 + self.lstm.bias_hh_l0)

    def step(self, projected: Tensor, state: State) -> tuple[Tensor, State]:
        hidden, memory = state
        gates = projected + functional.linear(hidden, self.lstm.weight_hh_l0)
        enter, forget, new, leave = gates.chunk(4, dim=-1)
        memory = torch.addcmul(torch.sigmoid(forget) * memory, torch.sigmoid(enter), torch.tanh(new))
        hidden = torch.sigmoid(leave) * torch.tanh(memory)
        return hidden, (hidden, memory)

    def forward(self, inputs: Tensor, state: State, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        hidden, memory = state
        outputs, (hidden, memory) = fused(self.lstm, inputs, (hidden[None], memory[None]), lengths)
        return outputs, (hidden[0], memory[0])
