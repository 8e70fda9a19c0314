"""torch's fused recurrent modules, over sequences of equal or unequal lengths."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class OneLayerGRU(nn.GRU):
    """Names what torch creates by name."""

    weight_ih_l0: Tensor
    weight_hh_l0: Tensor
    bias_ih_l0: Tensor
    bias_hh_l0: Tensor


class OneLayerLSTM(nn.LSTM):
    """Names what torch creates by name."""

    weight_ih_l0: Tensor
    weight_hh_l0: Tensor
    bias_ih_l0: Tensor
    bias_hh_l0: Tensor


def fused(module: nn.RNNBase, inputs: Tensor, state: Any, lengths: Tensor | None) -> tuple[Tensor, Any]:
    """What ``module`` gives for ``inputs`` (T, B, features) of ``lengths`` (B,), and the states at their ends."""
    if lengths is None:
        outputs, state = module(inputs, state)
        return outputs, state
    packed = pack_padded_sequence(inputs, lengths.cpu(), enforce_sorted=False)
    outputs, state = module(packed, state)
    return pad_packed_sequence(outputs, total_length=len(inputs))[0], state


def xavier(module: nn.RNNBase) -> None:
    """Glorot and Bengio's weights for each gate of a one-layer ``module``, as TensorFlow 1 draws them; biases 0."""
    for name, parameter in module.named_parameters():
        if name.startswith("weight"):
            for gate in torch.split(parameter, module.hidden_size):
                nn.init.xavier_uniform_(gate)
        else:
            nn.init.zeros_(parameter)
