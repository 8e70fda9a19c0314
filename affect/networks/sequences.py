"""Rows of frames as the sequences they make up."""

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from affect.errors import AffectError
from affect.networks.recurrent import Temporal


def along_time(part: Temporal, rows: Tensor, state: Tensor | None, lengths: Tensor | None) -> tuple[Tensor, Tensor]:
    """What ``part`` gives for ``rows`` (N, features), a row each, and its state (B, state_size).

    The rows are B sequences, one after the other, of ``lengths`` (B,), each at least 1; None: one sequence. Raises
    AffectError where the lengths do not add up to N.
    """
    if lengths is None:
        padded, ends = rows[:, None], None
    else:
        each = lengths.tolist()
        if min(each, default=0) < 1 or sum(each) != len(rows):
            raise AffectError(f"sequences of {each} rows do not make up the {len(rows)} rows given")
        padded = pad_sequence(list(torch.split(rows, each)))
        ends = None if min(each) == max(each) else lengths
    if state is None:
        state = rows.new_zeros(padded.shape[1], part.state_size)
    outputs, state = part(padded, state, ends)
    if lengths is None:
        return outputs[:, 0], state
    return torch.cat([sequence[:length] for sequence, length in zip(outputs.unbind(1), each, strict=True)]), state
