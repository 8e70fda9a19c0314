"""SSH's weights there and back, the authors' Caffe file, and files that are not as they should be."""

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from safetensors import safe_open

from affect.errors import AffectError
from affect.faces import load_detector
from affect.faces.ssh import files
from affect.faces.ssh.files import ABOUT, load_ssh, save_ssh
from affect.faces.ssh.network import SSH
from affect.faces.ssh.spec import SSHSpec
from affect.preprocessing.settings import DetectorSettings
from tests.made_weights import caffemodel

NARROW = SSHSpec(width=0.03)


def made(spec: SSHSpec = NARROW) -> SSH:
    torch.manual_seed(2)
    return SSH(spec)


@pytest.mark.parametrize("spec", [NARROW, SSHSpec(backbone="vgg-16", landmarks=False, width=0.05)])
def test_there_and_back(tmp_path: Path, spec: SSHSpec) -> None:
    uri = str(tmp_path / "ssh.safetensors")
    network = made(spec)
    save_ssh(uri, network, network.state_dict(), {"recipe": "narrow"})
    again = load_ssh(uri)
    assert again.spec == spec
    assert not again.training
    for name, tensor in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor)
    with safe_open(uri, "pt") as file:
        assert json.loads(file.metadata()[ABOUT]) == {"recipe": "narrow"}


def test_weights_on_s3(s3: str) -> None:
    network = made()
    save_ssh(f"{s3}/ssh.safetensors", network, network.state_dict(), {})
    assert load_ssh(f"{s3}/ssh.safetensors").spec == NARROW


AUTHORS = [
    *(f"conv{block}_{number}" for block, count in enumerate((2, 2, 3, 3, 3), 1) for number in range(1, count + 1)),
    *("conv5_128", "conv4_128", "conv4_fuse_final"),
    *(
        f"m{module}@ssh_{layer}"
        for module in (3, 2, 1)
        for layer in ("3x3", "dimred", "5x5", "7x7-1", "7x7", "cls_score", "bbox_pred")
    ),
]
"""Layers with weights in the authors' test_ssh.prototxt."""


PARTS = {"3x3": "conv3x3", "5x5": "conv5x5", "dimred": "reduce", "7x7": "conv7x7", "7x7-1": "conv7x7_1"}


def test_the_authors_caffe_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every layer finds its place, told by its values; the fixed bilinear weights are passed over."""
    spec = SSHSpec(backbone="vgg-16", landmarks=False, width=0.05)
    monkeypatch.setattr(files, "SSHSpec", lambda **_: spec)
    network = made(spec)
    places = {
        "conv5_128": network.maps.reduce5,
        "conv4_128": network.maps.reduce4,
        "conv4_fuse_final": network.maps.fuse,
    }
    convolutions = [m for m in [*network.maps.to_conv4, *network.maps.to_conv5] if isinstance(m, torch.nn.Conv2d)]
    shapes = dict(zip(AUTHORS[:13], convolutions, strict=True)) | places
    for place, module in enumerate(network.heads, 1):
        for layer, part in PARTS.items():
            shapes[f"m{place}@ssh_{layer}"] = getattr(module.module, part)
        shapes |= {f"m{place}@ssh_cls_score": module.scores, f"m{place}@ssh_bbox_pred": module.boxes}
    layers = []
    for number, name in enumerate(AUTHORS):
        blobs = [np.full(blob.shape, value, np.float32) for blob, value in zip(
            (shapes[name].weight, shapes[name].bias), (number, -number), strict=True)]  # fmt: skip
        layers.append((name, "Convolution", blobs))
    up = ("conv5_128_up", "Deconvolution", [np.zeros((8, 1, 4, 4), np.float32)])
    path = tmp_path / "SSH.caffemodel"
    path.write_bytes(caffemodel([*layers, up]))
    loaded = load_ssh(str(path))
    ours = {id(module): name for name, module in network.named_modules()}
    for number, name in enumerate(AUTHORS):
        layer = loaded.get_submodule(ours[id(shapes[name])])
        assert (layer.weight == number).all(), name
        assert (layer.bias == -number).all(), name
    path.write_bytes(caffemodel([one for one in layers if one[0] != "m2@ssh_5x5"]))
    with pytest.raises(AffectError, match=r"missing: heads\.1\.module\.conv5x5\.weight"):
        load_ssh(str(path))


def test_no_weights_tell_how_to_get_some(tmp_path: Path) -> None:
    with pytest.raises(AffectError, match=r"set detector\.weights=URI.*jobs\.train_detector"):
        load_detector(DetectorSettings(name="ssh"))
    with pytest.raises(AffectError, match=r"not at .*none\.safetensors.*jobs\.train_detector"):
        load_detector(DetectorSettings(name="ssh", weights=str(tmp_path / "none.safetensors")))


def test_a_path_means_the_same_from_any_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As workers of a cluster run elsewhere."""
    monkeypatch.chdir(tmp_path)
    settings = DetectorSettings(name="ssh", weights="ssh.safetensors")
    assert settings.weights == str(tmp_path / "ssh.safetensors")
    assert DetectorSettings(weights="s3://bucket/ssh.safetensors").weights == "s3://bucket/ssh.safetensors"


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "ssh.safetensors"
    network = made()
    save_ssh(str(path), network, network.state_dict(), {})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(AffectError, match="not a whole file"):
        load_ssh(str(path))
    path.write_bytes(safetensors.torch.save({"weight": torch.zeros(2)}))
    with pytest.raises(AffectError, match="does not say what SSH network"):
        load_ssh(str(path))
    tensors = network.state_dict() | {
        "heads.0.scores.bias": torch.full((4,), torch.nan),
        "heads.0.boxes.bias": torch.zeros(9),
        "more": torch.zeros(1),
    }
    del tensors["heads.1.boxes.bias"]
    save_ssh(str(path), network, tensors, {})
    with pytest.raises(AffectError) as error:
        load_ssh(str(path))
    faults = ["scores.bias holds values that are not finite", "boxes.bias has shape [9]", "surplus: more"]
    for fault in [*faults, "missing: heads.1.boxes.bias"]:
        assert fault in str(error.value)
