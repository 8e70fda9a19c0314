"""What networks remember from frame to frame: cells by name, stacks of them, attention."""

from affect.networks.recurrent.attention import Attention
from affect.networks.recurrent.gru import GRU
from affect.networks.recurrent.indrnn import IndRNN
from affect.networks.recurrent.layer import Layer
from affect.networks.recurrent.lstm import LSTM
from affect.networks.recurrent.peephole_lstm import PeepholeLSTM
from affect.networks.recurrent.stack import Stack, Temporal
from affect.networks.spec import Recurrent
from affect.registry import look_up

__all__ = ["CELLS", "Temporal", "build_recurrent"]

CELLS: dict[str, type[Layer]] = {
    "gru": GRU,
    "lstm": LSTM,
    "peephole-lstm": PeepholeLSTM,
    "indrnn": IndRNN,
}


def build_recurrent(settings: Recurrent, features: int, units: int) -> Temporal:
    """The recurrent part that ``settings`` describes, on ``features`` inputs, with ``units`` in each layer.

    Raises AffectError naming the nearest cell where there is none of that name.
    """
    cell = look_up(CELLS, settings.cell, "recurrent cell")
    sizes = [features, *[units] * (settings.layers - 1)]
    if settings.attention is not None and settings.attention_input == "gates":
        sizes[0] = min(features, cell.gates * units)
    layers = [cell(size, units, settings, last=index == len(sizes) - 1) for index, size in enumerate(sizes)]
    stack = Stack(layers, settings.dropout)
    return stack if settings.attention is None else Attention(stack, features, settings.attention)
