"""Caffe's files, read from the wire."""

import contextlib
from pathlib import Path

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affect.errors import AffectError
from affect.pretrained.caffe import parse
from affect.pretrained.files import read_weights
from tests.made_weights import blob, caffemodel, field

WEIGHTS = arrays.arrays(
    np.float32,
    # At first all had four dimensions, those of biases and fully connected layers beginning with ones.
    arrays.array_shapes(max_dims=4, min_side=2, max_side=3).filter(lambda shape: len(shape) != 3),
    elements=st.floats(-1e6, 1e6, width=32),
)
LAYERS = st.dictionaries(st.text(max_size=8), st.lists(WEIGHTS, min_size=1, max_size=2), min_size=1, max_size=3)
NAMES = ("weight", "bias")


@given(LAYERS, st.booleans())
def test_weights_come_back_under_their_layers_names(layers: dict[str, list[np.ndarray]], first: bool) -> None:
    tensors = parse(caffemodel([(name, "Convolution", blobs) for name, blobs in layers.items()], first=first))
    expected = {f"{layer}.{NAMES[i]}": blob for layer, blobs in layers.items() for i, blob in enumerate(blobs)}
    assert tensors.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(tensors[name].numpy(), values, strict=True)


@pytest.mark.parametrize("settings", [{"packed": False}, {"double": True}])
def test_other_ways_to_write_a_blob(settings: dict[str, bool]) -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    tensors = parse(field(100, field(1, b"fc6") + field(7, blob(values, **settings))))
    np.testing.assert_array_equal(tensors["fc6.weight"].numpy(), values, strict=True)


@pytest.mark.parametrize(("count", "scale"), [(4.0, 0.25), (0.0, 0.0)])
def test_batch_norms_are_sums_and_their_divisor(count: float, scale: float) -> None:
    mean, variance = np.array([[1, 2], [3, 4]], np.float32)
    tensors = parse(caffemodel([("bn", "BatchNorm", [mean, variance, np.array([count], np.float32)])]))
    assert tensors["bn.running_mean"].tolist() == (mean * scale).tolist()
    assert tensors["bn.running_var"].tolist() == (variance * scale).tolist()
    assert len(tensors) == 2


WHOLE = caffemodel([("conv", "Convolution", [np.ones((2, 3, 3, 3), np.float32), np.ones(2, np.float32)])])


@given(st.one_of(st.binary(max_size=64), st.integers(0, len(WHOLE) - 1).map(lambda end: WHOLE[:end]),
                 st.builds(lambda at, byte: WHOLE[:at] + byte + WHOLE[at + 1:],
                           st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=1))))  # fmt: skip
def test_what_is_not_whole_is_an_error_for_people(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.caffemodel"
    path.write_bytes(data)
    with contextlib.suppress(AffectError):
        assert read_weights(str(path)).tensors
        assert data == WHOLE or not WHOLE.startswith(data)


@pytest.mark.parametrize(
    ("layers", "fault"),
    [
        ([], "no layer with weights"),
        ([("a", "Convolution", [np.ones(2)]), ("a", "Convolution", [np.ones(2)])], "two layers are called 'a'"),
    ],
)
def test_files_that_make_no_sense(tmp_path: Path, layers: list, fault: str) -> None:
    path = tmp_path / "x.caffemodel"
    path.write_bytes(caffemodel(layers))
    with pytest.raises(AffectError, match=fault):
        read_weights(str(path))
