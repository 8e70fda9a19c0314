"""Writes landmarks68.safetensors from the files of face-api; run once by developers, never by users.

``npm pack @vladmandic/face-api@1.7.15``, unpack it, then
``python -m affect.faces.convert_landmarks68 package/model/face_landmark_68_model-weights_manifest.json``.
"""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from safetensors.torch import save_file

from affect.faces.landmarks68 import WEIGHTS, Network68


def convert(manifest: Path) -> dict[str, torch.Tensor]:
    """The tensors that the manifest and the file beside it hold, named and shaped as Network68 has them, float16.

    The file has bytes that mean ``byte * scale + min``, or plain numbers, one tensor after the other; kernels are
    (height, width, in, out), depthwise ones (height, width, channels, 1).
    """
    data = manifest.with_name(manifest.name.removesuffix("-weights_manifest.json") + ".bin").read_bytes()
    tensors, place = {}, 0
    for entry in json.loads(manifest.read_text())[0]["weights"]:
        coding = entry.get("quantization") or {"dtype": entry["dtype"], "scale": 1, "min": 0}
        count = int(np.prod(entry["shape"]))
        values = np.frombuffer(data, coding["dtype"], count, place) * coding["scale"] + coding["min"]
        place += count * np.dtype(coding["dtype"]).itemsize
        name, tensor = entry["name"], torch.from_numpy(values.reshape(entry["shape"]))
        if name == "fc/weights":
            tensor = tensor.T
        elif "depthwise" in name:
            tensor = tensor.permute(2, 3, 0, 1)
        elif tensor.ndim == 4:
            tensor = tensor.permute(3, 2, 0, 1)
        tensors[_renamed(name)] = tensor.to(torch.float16).contiguous()
    if place != len(data):
        raise SystemExit(f"{manifest} describes {place} bytes, but its file has {len(data)}")
    return tensors


def _renamed(name: str) -> str:
    """``dense0/conv1/pointwise_filter`` is ``blocks.0.convolutions.1.pointwise.weight``."""
    if name.startswith("fc/"):
        return "answer." + name.removeprefix("fc/").replace("weights", "weight")
    block, convolution, kind = name.split("/")
    part = {"filters": "weight", "bias": "bias"}.get(kind, "weight")
    first = name.startswith("dense0/conv0")
    layer = "" if first else "depthwise." if kind == "depthwise_filter" else "pointwise."
    return f"blocks.{block[-1]}.convolutions.{convolution[-1]}.{layer}{part}"


def main(
    manifest: Annotated[
        Path,
        typer.Argument(help="face_landmark_68_model-weights_manifest.json of face-api", exists=True, dir_okay=False),
    ],
) -> None:
    """Write landmarks68.safetensors, in its place, from the files of face-api."""
    tensors = convert(manifest)
    Network68().load_state_dict(tensors)
    save_file(tensors, WEIGHTS, {"source": "face_landmark_68_model of @vladmandic/face-api 1.7.15 (MIT)"})


if __name__ == "__main__":
    typer.run(main)
