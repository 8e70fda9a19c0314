"""Files of weights as others publish them, of narrow networks that load as the full ones do."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
import torch
from torch import Tensor

from affect.networks import ENCODERS, Network, NetworkSpec, build
from affect.pretrained import SOURCES

NARROW = 0.0625


def narrow(encoder: str, normalisation: str, **settings: Any) -> Network:
    """A network that says it has its full width, and so loads weights, with an encoder of a sixteenth of it."""
    spec = NetworkSpec(encoder=encoder, normalisation=normalisation, **{"input_size": 64} | settings)
    return Network(spec, lambda spec: ENCODERS[encoder](spec.model_copy(update={"width": NARROW})))


def randomised(tensors: Mapping[str, Tensor], seed: int = 0) -> dict[str, Tensor]:
    """Tensors of the same names and shapes; those called variance are positive."""
    generator = torch.Generator().manual_seed(seed)
    made = {name: torch.randn(tensor.shape, generator=generator) for name, tensor in tensors.items()}
    return {name: value.abs() + 0.5 if "var" in name else value for name, value in made.items()}


def write_source(folder: Path, source: str, spec: NetworkSpec) -> str:
    """A PyTorch file of ``source`` with all of a network of ``spec`` that it has names for, zeros that take no room."""
    form = next(form for form in SOURCES[source].forms if form.kind == "pytorch")
    with torch.device("meta"):
        stream = build(spec).streams[spec.streams[0]].state_dict()
    path = folder / f"{source}.pth"
    spelled = {form.spelling(name): tensor.shape for name, tensor in stream.items()}
    torch.save({name: torch.zeros(()).expand(shape) for name, shape in spelled.items() if name}, path)
    return str(path)


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, payload: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def blob(values: np.ndarray, *, legacy: bool = False, packed: bool = True, double: bool = False) -> bytes:
    """A BlobProto; ``legacy`` pads the shape to four dimensions, as Caffe did at first."""
    if legacy:
        sizes = [1] * (4 - values.ndim) + list(values.shape)
        shape = b"".join(varint(place << 3) + varint(size) for place, size in enumerate(sizes, 1))
    else:
        shape = field(7, field(1, b"".join(map(varint, values.shape))))
    if double:
        return shape + field(8, values.astype("<f8").tobytes())
    if packed:
        return shape + field(5, values.astype("<f4").tobytes())
    return shape + b"".join(varint(5 << 3 | 5) + struct.pack("<f", value) for value in values.flat)


def caffemodel(layers: Sequence[tuple[str, str, Sequence[np.ndarray]]], *, first: bool = False) -> bytes:
    """A NetParameter of (name, type, blobs), in the form of today or in that of the ``first`` Caffe models."""
    net = field(1, b"a network")
    for name, kind, blobs in layers:
        if first:
            message = field(4, name.encode()) + varint(5 << 3) + varint(4)
            net += field(2, message + b"".join(field(6, blob(values, legacy=True)) for values in blobs))
        else:
            message = field(1, name.encode()) + field(2, kind.encode())
            net += field(100, message + b"".join(field(7, blob(values)) for values in blobs))
    return net


def cell(values: Sequence[Any]) -> np.ndarray:
    array = np.empty((1, len(values)), object)
    for place, value in enumerate(values):
        array[0, place] = value
    return array


def filters(weight: np.ndarray) -> np.ndarray:
    """OxIxHxW as MatConvNet's HxWxIxO; also of fully connected layers."""
    return weight.reshape(weight.shape + (1,) * (4 - weight.ndim)).transpose(2, 3, 1, 0)


def write_simple(path: Path, layers: Sequence[tuple[str, Mapping[str, Any]]], *, wrapped: bool) -> None:
    """MatConvNet's SimpleNN: ``layers`` are (name, fields), to which the type "conv" and a pool are added."""
    pool = {"type": "pool", "name": "pool1", "pool": np.array([[2.0, 2.0]])}
    structs = cell([{"type": "conv", "name": name} | fields for name, fields in layers] + [pool])
    scipy.io.savemat(path, {"net": {"layers": structs}} if wrapped else {"layers": structs, "meta": {"x": 1.0}})


def write_dag(path: Path, params: Sequence[tuple[str, np.ndarray]]) -> None:
    """MatConvNet's DagNN: parameters by name, and layers, which hold none."""
    table = np.empty((1, len(params)), [("name", object), ("value", object)])
    for place, (name, value) in enumerate(params):
        table[0, place] = (name, value)
    scipy.io.savemat(path, {"params": table, "layers": cell([{"name": "conv1", "type": "dagnn.Conv"}])})
