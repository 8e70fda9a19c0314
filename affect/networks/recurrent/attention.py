"""Attention to the last outputs (EXT 2018, section III.B: "an attention layer on top of the RNN").

The paper names no formula; this is TensorFlow 1's ``AttentionCellWrapper`` round the whole stack, which the authors'
framework offered for it (Bahdanau et al. 2015 over a window of the outputs).
"""

import torch
from torch import Tensor, nn

from affect.networks.recurrent.layer import at_ends
from affect.networks.recurrent.stack import Stack, Temporal


class Attention(Temporal):
    """A ``stack`` on inputs of length ``features``, the first layer's own being that of x'.

    Each step sees what attention found in the step before, and is followed by a look at the last ``length`` outputs.

    x' = W_in [x; a] + b_in goes into the stack, whose output is o and whose whole new state is s. With the memory m_i
    of the last outputs, u_i = v . tanh(K m_i + W_q s + b_q), a' = sum_i softmax(u)_i m_i, and the output, which then
    joins the memory, is y = W_o [o; a'] + b_o. Slots not filled yet are zeros and take part.
    """

    def __init__(self, stack: Stack, features: int, length: int) -> None:
        super().__init__()
        units, width = stack.units, stack.each()[0].features
        self.stack = stack
        self.length = length
        self.units = units
        self.state_size = stack.state_size + units + length * units
        # W_in in two parts: what it makes of all inputs is one product, and no gradient has to be put together.
        self.input = nn.Linear(features, width)
        self.feedback = nn.Linear(units, width, bias=False)
        self.query = nn.Linear(stack.state_size, units)
        self.key = nn.Linear(units, units, bias=False)
        self.score = nn.Linear(units, 1, bias=False)
        self.output = nn.Linear(2 * units, units)
        for layer in (self.input, self.feedback, self.query, self.key, self.score, self.output):
            nn.init.xavier_uniform_(layer.weight)
        for layer in (self.input, self.query, self.output):
            nn.init.zeros_(layer.bias)

    def forward(self, inputs: Tensor, state: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        size = self.units
        of_stack, attended, flat = torch.split(state, [self.stack.state_size, size, self.length * size], dim=1)
        states = self.stack.unpack(of_stack)
        memory = flat.view(-1, self.length, size)
        keys = self.key(memory)
        first, *others = self.stack.each()
        projected = first.project(self.input(inputs))
        # Two linear maps in a row: as one, a step costs a small product.
        feedback = (first.input_weight @ self.feedback.weight).t()
        outputs, ends = [], []
        for of_inputs in projected.unbind(0):
            output, states[0] = first.step(torch.addmm(of_inputs, attended, feedback), states[0])
            for index, layer in enumerate(others, start=1):
                output, states[index] = layer.step(layer.project(self.stack.dropout(output)), states[index])
            packed = self.stack.pack(states)
            scores = self.score(torch.tanh(keys + self.query(packed)[:, None]))
            attended = torch.bmm(torch.softmax(scores, dim=1).transpose(1, 2), memory)[:, 0]
            output = self.output(torch.cat([output, attended], dim=1))
            outputs.append(output)
            memory = torch.cat([memory[:, 1:], output[:, None]], dim=1)
            keys = torch.cat([keys[:, 1:], self.key(output)[:, None]], dim=1)
            if lengths is not None:
                ends.append(torch.cat([packed, attended, memory.flatten(1)], dim=1))
        if lengths is not None:
            return torch.stack(outputs), at_ends(torch.stack(ends), lengths)
        return torch.stack(outputs), torch.cat([packed, attended, memory.flatten(1)], dim=1)
