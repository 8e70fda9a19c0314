"""PyTorch's own files, .pth and .pt, and .safetensors."""

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

WRAPPERS = ("state_dict", "model_state_dict", "model")
"""Under what training scripts keep the weights beside other things."""
PARALLEL = "module."
"""What torch's data-parallel wrappers put before every name."""


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """The tensors of a file that torch.save wrote; nothing else in it is unpickled.

    Raises ValueError where it holds anything but named tensors, and what torch raises where it refuses the file.
    """
    return named_tensors(torch.load(path, map_location="cpu", weights_only=True))


def read_safetensors(path: Path) -> dict[str, Tensor]:
    return named_tensors(safetensors.torch.load_file(path))


def named_tensors(content: object) -> dict[str, Tensor]:
    """``content`` itself or what it wraps, names without ``module.``."""
    for wrapper in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
    if not isinstance(content, Mapping) or not content:
        raise ValueError("it holds no weights by name; save the network's state_dict()")
    strangers = [str(name) for name, value in content.items() if not isinstance(value, Tensor)]
    if strangers:
        raise ValueError(f"these are not tensors: {', '.join(strangers)}; save the network's state_dict() alone")
    prefix = PARALLEL if all(str(name).startswith(PARALLEL) for name in content) else ""
    return {str(name).removeprefix(prefix): value for name, value in content.items()}
