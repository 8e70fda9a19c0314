"""MatConvNet's files."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io
import torch

from affect.errors import AffectError
from affect.pretrained.files import read_weights
from tests.made_weights import filters, write_dag, write_simple

WEIGHT = np.random.default_rng(0).normal(size=(4, 3, 2, 5)).astype(np.float32)
BIAS = np.arange(4, dtype=np.float32)


def wrapped_in_cell(*values: np.ndarray) -> np.ndarray:
    cell = np.empty((1, len(values)), object)
    for place, value in enumerate(values):
        cell[0, place] = value
    return cell


@pytest.mark.parametrize("form", ["simple", "old", "dag"])
def test_filters_are_turned_and_named(tmp_path: Path, form: str) -> None:
    path = tmp_path / "net.mat"
    if form == "dag":
        write_dag(path, [("conv1f", filters(WEIGHT).astype(np.float64)), ("conv1b", BIAS[:, None])])
    elif form == "old":
        write_simple(path, [("conv1", {"filters": filters(WEIGHT), "biases": BIAS[None]})], wrapped=True)
    else:
        write_simple(path, [("conv1", {"weights": wrapped_in_cell(filters(WEIGHT), BIAS[None])})], wrapped=False)
    tensors = read_weights(str(path)).tensors
    torch.testing.assert_close(tensors, {"conv1f": torch.tensor(WEIGHT), "conv1b": torch.tensor(BIAS)}, rtol=0, atol=0)


def test_batch_norms_normalise_as_they_did(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    factor, bias, mean = rng.normal(size=(3, 6)).astype(np.float32)
    deviation = rng.uniform(0.5, 2, 6).astype(np.float32)
    moments = np.stack([mean, deviation], axis=1)
    for place, write in enumerate((write_dag, None)):
        path = tmp_path / f"{place}.mat"
        if write:
            write(path, [("bn1m", factor[:, None]), ("bn1b", bias[:, None]), ("bn1x", moments)])
        else:
            weights = wrapped_in_cell(factor[:, None], bias[:, None], moments)
            write_simple(path, [("bn1", {"type": "bnorm", "weights": weights})], wrapped=False)
        tensors = read_weights(str(path)).tensors
        maps = torch.randn(2, 6, 3, 3)
        ours = torch.nn.functional.batch_norm(
            maps, tensors["bn1x.mean"], tensors["bn1x.var"], tensors["bn1m"], tensors["bn1b"], eps=1e-5
        )
        factor_, bias_, mean_, deviation_ = (torch.tensor(v).view(6, 1, 1) for v in (factor, bias, mean, deviation))
        torch.testing.assert_close(ours, factor_ * (maps - mean_) / deviation_ + bias_)


@pytest.mark.parametrize(
    "content",
    [{"images": np.ones(3)}, {"layers": np.empty((1, 0), object)}, {"params": np.ones(2)}, {"net": np.ones(2)}],
)
def test_other_mat_files(tmp_path: Path, content: dict) -> None:
    path = tmp_path / "net.mat"
    scipy.io.savemat(path, content)
    with pytest.raises(AffectError, match=r"net.mat is not a whole .mat file of weights"):
        read_weights(str(path))


def test_the_newest_format_says_how_to_save_again(tmp_path: Path) -> None:
    path = tmp_path / "net.mat"
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(512))
    with pytest.raises(AffectError, match="-v7"):
        read_weights(str(path))
