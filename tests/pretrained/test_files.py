"""Reading others' files: nothing of theirs runs, nothing is half read."""

import hashlib
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch

from affect.errors import AffectError
from affect.pretrained.files import read_weights
from tests.made_weights import caffemodel, filters, write_dag

TENSORS = {"conv1.weight": torch.randn(2, 3, 3, 3), "conv1.bias": torch.arange(2.0)}


def saved(path: Path, content: Any) -> str:
    torch.save(content, path)
    return str(path)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda tensors: tensors,
        lambda tensors: {"state_dict": tensors, "epoch": 3},
        lambda tensors: OrderedDict({f"module.{name}": torch.nn.Parameter(value) for name, value in tensors.items()}),
        lambda tensors: {"model": {f"module.{name}": value for name, value in tensors.items()}},
    ],
)
@pytest.mark.parametrize("suffix", [".pth", ".pt", ".PTH"])
def test_state_dicts_and_what_training_scripts_make_of_them(tmp_path: Path, wrap: Any, suffix: str) -> None:
    weights = read_weights(saved(tmp_path / f"x{suffix}", wrap(TENSORS)))
    assert weights.kind == "pytorch"
    torch.testing.assert_close(dict(weights.tensors), TENSORS, rtol=0, atol=0)


def test_files_of_old_torch(tmp_path: Path) -> None:
    path = tmp_path / "old.pth"
    torch.save(TENSORS, path, _use_new_zipfile_serialization=False)
    torch.testing.assert_close(read_weights(str(path)).tensors, TENSORS, rtol=0, atol=0)


def test_values_become_float32_and_counts_stay(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    values = {"half": torch.ones(2).half(), "double": torch.ones(2).double(), "n": torch.tensor(3)}
    safetensors.torch.save_file(values, path)
    tensors = read_weights(str(path)).tensors
    assert {name: tensor.dtype for name, tensor in tensors.items()} == {
        "half": torch.float32, "double": torch.float32, "n": torch.int64,
    }  # fmt: skip


def test_the_checksum(tmp_path: Path) -> None:
    uri = saved(tmp_path / "x.pth", TENSORS)
    right = hashlib.sha256(Path(uri).read_bytes()).hexdigest()
    assert read_weights(uri, right.upper()).sha256 == right
    with pytest.raises(AffectError, match=rf"x.pth has the SHA-256 {right}, not 00"):
        read_weights(uri, "00")


class Payload:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("new", [True, False])
def test_nothing_of_theirs_runs(tmp_path: Path, new: bool) -> None:
    path, touched = tmp_path / "x.pth", tmp_path / "touched"
    torch.save({"a": torch.ones(1), "b": Payload(touched)}, path, _use_new_zipfile_serialization=new)
    with pytest.raises(AffectError, match=r"x.pth holds more than tensors.*safetensors"):
        read_weights(str(path))
    assert not touched.exists()


def test_pickles_are_refused_with_a_conversion_that_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    layer = torch.nn.Linear(2, 3)
    arrays = {name: tensor.detach().numpy() for name, tensor in layer.state_dict().items()}
    Path("arrays.pkl").write_bytes(pickle.dumps(arrays))
    torch.save(layer, "network.pth")
    torch.save({"state_dict": layer.state_dict(), "settings": Path("x")}, "training.pth")
    for name in ("arrays.pkl", "network.pth", "training.pth"):
        with pytest.raises(AffectError, match="if you trust it") as caught:
            read_weights(str(tmp_path / name))
        exec(str(caught.value).partition('python -c "')[2].rstrip('"'), {})  # noqa: S102
        tensors = read_weights(str(tmp_path / f"{name}.safetensors")).tensors
        torch.testing.assert_close(tensors, dict(layer.state_dict()), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("name", "mend"),
    [("VGG_FACE.t7", "Caffe or MatConvNet"), ("vgg.h5", ".safetensors"), ("weights", "without a suffix")],
)
def test_other_formats_say_what_to_take_instead(tmp_path: Path, name: str, mend: str) -> None:
    with pytest.raises(AffectError, match=f"{name}.*{mend}"):
        read_weights(str(tmp_path / name))


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".mat", ".caffemodel"])
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.98])
def test_files_cut_short(tmp_path: Path, suffix: str, kept: float) -> None:
    path = tmp_path / f"x{suffix}"
    values = np.random.default_rng(0).normal(size=(8, 3, 3, 3)).astype(np.float32)
    if suffix == ".pth":
        torch.save({"a": torch.tensor(values)}, path)
    elif suffix == ".safetensors":
        safetensors.torch.save_file({"a": torch.tensor(values)}, path)
    elif suffix == ".mat":
        write_dag(path, [("conv1f", filters(values))])
    else:
        path.write_bytes(caffemodel([("conv1", "Convolution", [values])]))
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    with pytest.raises(AffectError, match=rf"x{suffix} is not a whole {suffix} file"):
        read_weights(str(path))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({"a": torch.tensor([1.0, float("nan")])}, "a holds values that are not finite"),
        ({"a": torch.ones(1), "lr": 0.1}, "not tensors: lr"),
        ([torch.ones(1)], "no weights by name"),
        ({}, "no weights by name"),
    ],
)
def test_contents_that_are_no_weights(tmp_path: Path, content: Any, fault: str) -> None:
    with pytest.raises(AffectError, match=fault):
        read_weights(saved(tmp_path / "x.pth", content))


def test_there_must_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "folder.pth").mkdir()
    for name in ("missing.pth", "folder.pth"):
        with pytest.raises(AffectError, match=f"{name} is not a file"):
            read_weights(str(tmp_path / name))
