"""LSTM whose gates see the memory itself (IJCV 2019, section 4.2.1.3: "allowing peephole connections")."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from affect.networks.recurrent.layer import Layer, State
from affect.networks.spec import Recurrent


class PeepholeLSTM(Layer):
    """TensorFlow 1's ``LSTMCell(use_peepholes=True)`` (Sak et al. 2014), with its order of gates: i, j, f, o.

    c' = sigmoid(f + 1 + w_f * c) * c + sigmoid(i + w_i * c) * tanh(j) and m' = sigmoid(o + w_o * c') * tanh(c'),
    where i, j, f and o are W x + U m + b; the output gate sees the new memory.
    """

    state_tensors: ClassVar[int] = 2
    gates: ClassVar[int] = 4

    def _create(self, settings: Recurrent, *, last: bool) -> None:  # noqa: ARG002
        self.weight_input = nn.Parameter(torch.empty(4 * self.units, self.features))
        self.weight_hidden = nn.Parameter(torch.empty(4 * self.units, self.units))
        self.bias = nn.Parameter(torch.zeros(4 * self.units))
        self.peepholes = nn.Parameter(torch.empty(3, self.units))
        """w_i, w_f, w_o."""
        for gates in (self.weight_input, self.weight_hidden):
            for gate in torch.split(gates, self.units):
                nn.init.xavier_uniform_(gate)
        bound = self.units**-0.5
        nn.init.uniform_(self.peepholes, -bound, bound)
        # TensorFlow's forget bias of 1 is part of its formula; here it is where the bias begins.
        nn.init.ones_(self.bias[2 * self.units : 3 * self.units])

    @property
    def input_weight(self) -> Tensor:
        return self.weight_input

    def project(self, inputs: Tensor) -> Tensor:
        return functional.linear(inputs, self.weight_input, self.bias)

    def step(self, projected: Tensor, state: State) -> tuple[Tensor, State]:
        hidden, memory = state
        see_enter, see_forget, see_leave = self.peepholes.unbind(0)
        enter, new, forget, leave = torch.addmm(projected, hidden, self.weight_hidden.t()).chunk(4, dim=-1)
        kept = torch.sigmoid(torch.addcmul(forget, see_forget, memory)) * memory
        memory = torch.addcmul(kept, torch.sigmoid(torch.addcmul(enter, see_enter, memory)), torch.tanh(new))
        hidden = torch.sigmoid(torch.addcmul(leave, see_leave, memory)) * torch.tanh(memory)
        return hidden, (hidden, memory)
