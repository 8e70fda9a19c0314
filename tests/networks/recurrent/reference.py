"""The recurrences step by step and sequence by sequence, in NumPy, from the formulas alone."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from affect.networks.recurrent.attention import Attention
from affect.networks.recurrent.gru import GRU
from affect.networks.recurrent.indrnn import IndRNN
from affect.networks.recurrent.layer import Layer
from affect.networks.recurrent.lstm import LSTM
from affect.networks.recurrent.peephole_lstm import PeepholeLSTM
from affect.networks.recurrent.stack import Stack, Temporal

Array = NDArray[np.float64]


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def softmax(x: Array) -> Array:
    shifted = np.exp(x - x.max())
    return shifted / shifted.sum()


def array(tensor: Any) -> Array:
    return tensor.detach().double().numpy()


def gru(layer: GRU, x: Array, state: list[Array]) -> list[Array]:
    (h,) = state
    wr, wz, wn = np.split(array(layer.gru.weight_ih_l0), 3)
    ur, uz, un = np.split(array(layer.gru.weight_hh_l0), 3)
    br, bz, bn = np.split(array(layer.gru.bias_ih_l0), 3)
    cr, cz, cn = np.split(array(layer.gru.bias_hh_l0), 3)
    r = sigmoid(wr @ x + br + ur @ h + cr)
    z = sigmoid(wz @ x + bz + uz @ h + cz)
    n = np.tanh(wn @ x + bn + r * (un @ h + cn))
    return [z * h + (1 - z) * n]


def lstm(layer: LSTM, x: Array, state: list[Array]) -> list[Array]:
    h, c = state
    both = array(layer.lstm.weight_ih_l0) @ x + array(layer.lstm.weight_hh_l0) @ h
    i, f, g, o = np.split(both + array(layer.lstm.bias_ih_l0) + array(layer.lstm.bias_hh_l0), 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return [sigmoid(o) * np.tanh(c), c]


def peephole_lstm(layer: PeepholeLSTM, x: Array, state: list[Array]) -> list[Array]:
    m, c = state
    i, j, f, o = np.split(array(layer.weight_input) @ x + array(layer.weight_hidden) @ m + array(layer.bias), 4)
    w_i, w_f, w_o = array(layer.peepholes)
    new = sigmoid(f + w_f * c) * c + sigmoid(i + w_i * c) * np.tanh(j)
    return [sigmoid(o + w_o * new) * np.tanh(new), new]


def indrnn(layer: IndRNN, x: Array, state: list[Array]) -> list[Array]:
    u = np.clip(array(layer.weight_hidden), -layer.bound, layer.bound)
    return [np.maximum(array(layer.weight_input) @ x + u * state[0] + array(layer.bias), 0)]


CELLS = {GRU: gru, LSTM: lstm, PeepholeLSTM: peephole_lstm, IndRNN: indrnn}


def stack_step(stack: Stack, x: Array, states: list[list[Array]]) -> tuple[Array, list[list[Array]]]:
    after = []
    for layer, state in zip(stack.each(), states, strict=True):
        after.append(CELLS[type(layer)](layer, x, state))
        x = after[-1][0]
    return x, after


def zeros(layer: Layer) -> list[Array]:
    return [np.zeros(layer.units) for _ in range(layer.state_tensors)]


def run(part: Temporal, sequence: Array) -> Array:
    """Outputs (T, units) for one ``sequence`` (T, features), from zero states."""
    stack = part.stack if isinstance(part, Attention) else part
    states = [zeros(layer) for layer in stack.each()]
    attended = np.zeros(part.units)
    memory = [np.zeros(part.units)] * (part.length if isinstance(part, Attention) else 0)
    outputs = []
    for x in sequence:
        if isinstance(part, Attention):
            widened = np.concatenate([x, attended])
            w_in = np.concatenate([array(part.input.weight), array(part.feedback.weight)], axis=1)
            output, states = stack_step(stack, w_in @ widened + array(part.input.bias), states)
            new = np.concatenate([tensor for state in states for tensor in state])
            query = array(part.query.weight) @ new + array(part.query.bias)
            scores = [array(part.score.weight)[0] @ np.tanh(array(part.key.weight) @ m + query) for m in memory]
            attended = sum(share * m for share, m in zip(softmax(np.array(scores)), memory, strict=True))
            output = array(part.output.weight) @ np.concatenate([output, attended]) + array(part.output.bias)
            memory = [*memory[1:], output]
        else:
            output, states = stack_step(stack, x, states)
        outputs.append(output)
    return np.array(outputs)
