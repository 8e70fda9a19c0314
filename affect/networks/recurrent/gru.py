"""Gated recurrent units on torch's fused kernels (Chung et al. 2014; IJCV 2019, section 4.2.1.3)."""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from affect.networks.recurrent.fused import OneLayerGRU, fused, xavier
from affect.networks.recurrent.layer import Layer, State
from affect.networks.spec import Recurrent


class GRU(Layer):
    """h' = z * h + (1 - z) * n, n = tanh(W x + b + r * (U h + b')), r and z sigmoids.

    As in cuDNN the reset gate acts after the product U h; TensorFlow 1, which the papers used, has it before.
    """

    state_tensors: ClassVar[int] = 1
    gates: ClassVar[int] = 3

    def _create(self, settings: Recurrent, *, last: bool) -> None:  # noqa: ARG002
        self.gru = OneLayerGRU(self.features, self.units)
        xavier(self.gru)
        # As in TensorFlow 1: both gates begin open, so that the state is mostly kept.
        nn.init.ones_(self.gru.bias_ih_l0[: 2 * self.units])

    @property
    def input_weight(self) -> Tensor:
        return self.gru.weight_ih_l0

    def project(self, inputs: Tensor) -> Tensor:
        return functional.linear(inputs, self.gru.weight_ih_l0, self.gru.bias_ih_l0)

    def step(self, projected: Tensor, state: State) -> tuple[Tensor, State]:
        (hidden,) = state
        recurrent = functional.linear(hidden, self.gru.weight_hh_l0, self.gru.bias_hh_l0)
        gates, candidate = torch.split(projected, [2 * self.units, self.units], dim=-1)
        of_gates, of_candidate = torch.split(recurrent, [2 * self.units, self.units], dim=-1)
        reset, keep = torch.sigmoid(gates + of_gates).chunk(2, dim=-1)
        new = torch.tanh(torch.addcmul(candidate, reset, of_candidate))
        hidden = torch.lerp(new, hidden, keep)
        return hidden, (hidden,)

    def forward(self, inputs: Tensor, state: State, lengths: Tensor | None = None) -> tuple[Tensor, State]:
        outputs, hidden = fused(self.gru, inputs, state[0][None], lengths)
        return outputs, (hidden[0],)
