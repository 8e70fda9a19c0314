"""SSH's weights: one file of safetensors that says itself what network it is for, or the authors' Caffe file."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from affect import storage
from affect.errors import AffectError
from affect.faces.ssh.network import CONV4_3, SSH
from affect.faces.ssh.spec import SSHSpec
from affect.networks.vgg import BLOCKS
from affect.pretrained.files import read_weights

WEIGHTS = "ssh.safetensors"
"""What a training run calls the file."""

NETWORK, ABOUT = "network", "about"
"""What the file's metadata holds, each as JSON."""

MEND = (
    "train one with python -m jobs.train_detector (docs/detector.md), or give the authors' VGG-16 in the file they "
    "published, SSH.caffemodel"
)

IN_MODULE = {
    "module.conv3x3": "3x3",
    "module.reduce": "dimred",
    "module.conv5x5": "5x5",
    "module.conv7x7_1": "7x7-1",
    "module.conv7x7": "7x7",
    "scores": "cls_score",
    "boxes": "bbox_pred",
}
"""Layers of the authors' detection modules by those here."""

BILINEAR = "conv5_128_up.weight"
"""The fixed enlargement, which the network makes itself."""


def save_ssh(uri: str, network: SSH, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write ``tensors``, the state of ``network`` on any device, whole, with what is to be told ``about`` them."""
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    spec = network.spec.model_copy(update={"sync_batchnorm": False})
    metadata = {NETWORK: spec.model_dump_json(), ABOUT: json.dumps(dict(about))}
    storage.write_bytes(uri, safetensors.torch.save(whole, metadata=metadata))


def load_ssh(uri: str | None) -> SSH:
    """The network of the file at ``uri``, a path or S3 URI, in eval mode on the CPU.

    Raises AffectError naming the file and the mend where there is none, or it is not a whole file of SSH's weights.
    """
    if not uri:
        raise AffectError(f"the SSH detector has no weights: set detector.weights=URI; to have some, {MEND}")
    if not storage.exists(uri):
        raise AffectError(f"the SSH detector's weights are not at {uri}; {MEND}")
    if Path(uri).suffix == ".caffemodel":
        network = SSH(SSHSpec(backbone="vgg-16", landmarks=False))
        network.load_state_dict(_from_caffe(network, uri))
        return network.eval()
    with storage.local_copy(uri) as path:
        try:
            with safe_open(str(path), "pt") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        except SafetensorError as error:
            raise AffectError(f"{uri} is not a whole file of safetensors ({error}); {MEND}") from error
    if NETWORK not in metadata:
        raise AffectError(f"{uri} does not say what SSH network it is for; {MEND}")
    network = SSH(SSHSpec.parse(json.loads(metadata[NETWORK])))
    _check(network, tensors, uri)
    network.load_state_dict(tensors)
    return network.eval()


def _from_caffe(network: SSH, uri: str) -> dict[str, Tensor]:
    found = dict(read_weights(uri).tensors)
    found.pop(BILINEAR, None)
    layers = {there: here for here, there in _caffe_layers().items()}
    tensors = {}
    for name, tensor in found.items():
        layer, _, part = name.rpartition(".")
        tensors[f"{layers.get(layer, layer)}.{part}"] = tensor
    _check(network, tensors, uri)
    return tensors


def _caffe_layers() -> dict[str, str]:
    """Layers in the authors' test_ssh.prototxt by those here."""
    layers = {"maps.reduce4": "conv4_128", "maps.reduce5": "conv5_128", "maps.fuse": "conv4_fuse_final"}
    place = 0
    for block, (_, convolutions) in enumerate(BLOCKS, start=1):
        for number in range(1, convolutions + 1):
            layers[f"maps.to_conv{4 if place < CONV4_3 else 5}.{place}"] = f"conv{block}_{number}"
            place += 2  # its rectifier
        place += 1  # the pool
    for module in (1, 2, 3):
        layers |= {f"heads.{module - 1}.{here}": f"m{module}@ssh_{there}" for here, there in IN_MODULE.items()}
    return layers


def _check(network: SSH, tensors: Mapping[str, Tensor], uri: str) -> None:
    needed = network.state_dict()
    faults = [f"missing: {name} {list(needed[name].shape)}" for name in needed if name not in tensors]
    faults += [f"surplus: {name} {list(tensors[name].shape)}" for name in tensors if name not in needed]
    faults += [
        f"{name} has shape {list(tensors[name].shape)}, the network needs {list(needed[name].shape)}"
        for name in needed
        if name in tensors and tensors[name].shape != needed[name].shape
    ]
    faults += [f"{name} holds values that are not finite" for name, one in tensors.items() if not one.isfinite().all()]
    if faults:
        raise AffectError(f"{uri} does not fit SSH on {network.spec.backbone}:\n  " + "\n  ".join(faults))
