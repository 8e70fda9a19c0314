"""What every streaming accumulator is, and how arrays reach it."""

from typing import Any, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray

State = dict[str, NDArray[Any]]


class Accumulator(Protocol):
    """Sees a corpus in parts, on one worker or many; the result does not depend on the parts."""

    def state(self) -> State:
        """All that has been seen, as a few arrays whose size does not grow with it."""
        ...

    def merge(self, state: State) -> Self:
        """Take in what another accumulator of the same kind has seen."""
        ...


def as_array(values: Any) -> NDArray[Any]:
    """A tensor on any device, or what NumPy understands, as an array."""
    if isinstance(values, torch.Tensor):
        values = values.detach()
        return np.asarray((values.float() if values.dtype in (torch.bfloat16, torch.half) else values).cpu())
    return np.asarray(values)
