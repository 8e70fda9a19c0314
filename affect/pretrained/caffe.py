"""Caffe's .caffemodel files: names and blobs of a NetParameter, read from protobuf's wire format.

Of the message's fields only those that hold weights are looked at; the numbers are those of Caffe's caffe.proto.
"""

from collections.abc import Iterator
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types."""
LAYERS = {100: (1, 2, 7), 2: (4, None, 6)}
"""Fields of NetParameter that hold layers, LayerParameter and the older V1LayerParameter, and in each the fields of
name, type (a word in the newer form only) and blobs."""
LEGACY_SHAPE = (1, 2, 3, 4)
"""Fields of BlobProto: number, channels, height and width, before there were shapes."""
FLOATS, SHAPE, DOUBLES = 5, 7, 8


def read_caffemodel(path: Path) -> dict[str, Tensor]:
    """Weights by ``layer.weight`` and ``layer.bias``; of a batch norm ``layer.running_mean`` and ``running_var``.

    Raises ValueError where the file is not such a message, is cut short, or holds no weights.
    """
    return parse(path.read_bytes())


def parse(data: bytes) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for number, value in _fields(memoryview(data)):
        if number not in LAYERS or not isinstance(value, memoryview):
            continue
        name, kind, blobs = _layer(value, *LAYERS[number])
        for part, tensor in _parts(kind, blobs).items():
            if f"{name}.{part}" in tensors:
                raise ValueError(f"two layers are called {name!r}")
            tensors[f"{name}.{part}"] = tensor
    if not tensors:
        raise ValueError("it holds no layer with weights")
    return tensors


def _layer(message: memoryview, name: int, kind: int | None, blobs: int) -> tuple[str, str, list[Tensor]]:
    words = {name: "", kind: ""}
    tensors = []
    for number, value in _fields(message):
        if isinstance(value, memoryview):
            if number in words:
                words[number] = bytes(value).decode("utf-8")
            elif number == blobs:
                tensors.append(_blob(value))
    return words[name], words[kind], tensors


def _parts(kind: str, blobs: list[Tensor]) -> dict[str, Tensor]:
    """Blobs by what they are. Caffe's batch norm keeps sums, and in a third blob what to divide them by."""
    if kind == "BatchNorm" and len(blobs) == 3:
        mean, variance, count = blobs
        if count.numel() != 1:
            raise ValueError("a batch norm has no single count")
        scale = 0.0 if count.item() == 0 else 1 / count.item()
        return {"running_mean": mean * scale, "running_var": variance * scale}
    names = ["weight", "bias", *(f"blob{place}" for place in range(2, len(blobs)))]
    return dict(zip(names, blobs, strict=False))


def _blob(message: memoryview) -> Tensor:
    legacy = dict.fromkeys(LEGACY_SHAPE, 0)
    shape: list[int] | None = None
    values: dict[int, list[bytes | memoryview]] = {FLOATS: [], DOUBLES: []}
    for number, value in _fields(message):
        if number in LEGACY_SHAPE and isinstance(value, int):
            legacy[number] = value
        elif number == SHAPE and isinstance(value, memoryview):
            shape = list(_dimensions(value))
        elif number in values and isinstance(value, memoryview):
            values[number].append(value)
    if shape is None:
        shape = list(legacy.values()) if any(legacy.values()) else [0]
        # All weights had four dimensions then: fully connected ones began with two of 1, biases with three.
        while len(shape) in {2, 4} and set(shape[: len(shape) // 2]) == {1}:
            shape = shape[len(shape) // 2 :]
    floats, doubles = (b"".join(values[number]) for number in (FLOATS, DOUBLES))
    array = np.frombuffer(floats, "<f4") if floats else np.frombuffer(doubles, "<f8").astype(np.float32)
    if prod(shape) != array.size:
        raise ValueError(f"a blob of shape {shape} holds {array.size} values")
    return torch.from_numpy(array.reshape(shape).copy())


def _dimensions(message: memoryview) -> Iterator[int]:
    for number, value in _fields(message):
        if number == 1 and isinstance(value, int):
            yield value
        elif number == 1 and isinstance(value, memoryview):
            position = 0
            while position < len(value):
                dimension, position = _varint(value, position)
                yield dimension


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Field numbers and values of a message: whole numbers, or the bytes of everything else."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, position = _varint(message, position)
            yield number, value
            continue
        if wire == BYTES:
            length, position = _varint(message, position)
        elif wire in {FIXED32, FIXED64}:
            length = 4 if wire == FIXED32 else 8
        else:
            raise ValueError("it is not a message of protobuf")
        if position + length > len(message):
            raise ValueError("it is cut short")
        yield number, message[position : position + length]
        position += length


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """A whole number of 7 bits a byte, lowest first, and the position after it."""
    result = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            raise ValueError("it is cut short")
        byte = message[position]
        position += 1
        result |= (byte & 0x7F) << shift
        if byte < 0x80:
            return result, position
    raise ValueError("it is not a message of protobuf")
