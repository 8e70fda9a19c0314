"""MatConvNet's .mat files, of its SimpleNN (a list of layers) and its DagNN (a list of parameters)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
import torch
from torch import Tensor

EPSILON = 1e-5
"""Of the networks' batch norms."""


def read_mat(path: Path) -> dict[str, Tensor]:
    """Weights under the names that MatConvNet's DagNN gives them: filters ``conv1f``, biases ``conv1b``.

    Filters are turned from HxWxIxO into OxIxHxW. A batch norm has factors ``m``, biases ``b`` and moments ``x``, which
    come apart into ``x.mean`` and ``x.var``. Raises ValueError where the file is none of the two.
    """
    try:
        content: dict[str, Any] = scipy.io.loadmat(str(path))
    except NotImplementedError as error:  # what scipy raises for that format, which is HDF5
        raise ValueError("it was saved in MATLAB's format 7.3; save it there again with save(..., '-v7')") from error
    if "net" in content:
        content = _fields(content["net"])
    named = _parameters(content["params"]) if "params" in content else _layers(content.get("layers", np.empty(0)))
    tensors: dict[str, Tensor] = {}
    for name, values in named:
        for part, tensor in _converted(name, values).items():
            if part in tensors:
                raise ValueError(f"two of its parameters are called {part!r}")
            tensors[part] = tensor
    if not tensors:
        raise ValueError("it holds no weights in layers or params, where MatConvNet keeps them")
    return tensors


def _parameters(params: Any) -> Iterator[tuple[str, Any]]:
    for entry in params.flat:
        yield _text(entry["name"]), entry["value"]


def _layers(layers: Any) -> Iterator[tuple[str, Any]]:
    for cell in layers.flat:
        layer = _fields(cell)
        if "weights" in layer:
            values = list(layer["weights"].flat)
        elif "filters" in layer:
            values = [layer["filters"], layer["biases"]]
        else:
            continue
        suffixes = "mbx" if _text(layer["type"]) == "bnorm" else "fb"
        yield from ((_text(layer["name"]) + suffix, value) for suffix, value in zip(suffixes, values, strict=False))


def _fields(struct: Any) -> dict[str, Any]:
    """The fields of a MATLAB struct, which scipy gives as an array of one record."""
    record = struct.reshape(-1)[0]
    return {name: record[name] for name in record.dtype.names}


def _text(value: Any) -> str:
    return str(np.asarray(value).reshape(-1)[0])


def _converted(name: str, values: Any) -> dict[str, Tensor]:
    array = np.asarray(values).astype(np.float32)
    if array.size == 0:
        return {}
    if array.ndim == 4:
        return {name: torch.from_numpy(np.ascontiguousarray(array.transpose(3, 2, 0, 1)))}
    if array.ndim == 2 and array.shape[1] == 2 and name.endswith("x"):
        # MatConvNet keeps sqrt(variance + epsilon), by which it divides.
        mean, deviation = torch.from_numpy(array.T.copy())
        return {f"{name}.mean": mean, f"{name}.var": (deviation.square() - EPSILON).clamp(min=0)}
    return {name: torch.from_numpy(array.reshape(-1) if 1 in array.shape else array)}
