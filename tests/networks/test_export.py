"""Graphs of narrow networks run without their code and give the same."""

import os
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from affect.networks import build
from affect.networks.export import Graph, export, export_onnx
from affect.networks.network import Network
from tests.networks.narrow import SPECS

FRAMES = 3

ONNX = [
    "ijcv2019/vgg-face",
    "ijcv2019/cnn-m",
    "ijcv2019/affwildnet",
    "ext2018/densenet-gru",
    "bmvc2019/mt-arcres",
    "bmvc2019/mt-inception-resnet",
    "bmvc2019/mt-sphereface",
    "bmvc2019/av-mt-vgg-rnn",
    "fbn2019/resnet-50-multi-task",
    "fbn2019/alexnet-expr",
]
"""Every encoder of frame networks, and the ways in which GRU networks differ."""


def network(name: str) -> Network:
    torch.manual_seed(0)
    return build(SPECS[name])


def examples(graph: Graph) -> tuple[torch.Tensor, ...]:
    """Another number of frames than exported with, where that is free; states that are not zero."""
    given = graph.examples(FRAMES if graph.states else FRAMES + 2)
    count = len(graph.frames)
    return (*given[:count], *(torch.rand_like(state) for state in given[count:]))


@pytest.mark.parametrize("name", SPECS)
def test_exported_program(name: str) -> None:
    graph = Graph(network(name))
    program = export(graph.network, FRAMES)
    given = examples(graph)
    expected = graph(*given)
    assert len(expected) == len(graph.outputs)
    for output, value in zip(expected, program.module()(*given), strict=True):
        torch.testing.assert_close(value, output, rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ONNX)
def test_onnx_file(name: str, tmp_path: Path) -> None:
    graph = Graph(network(name))
    export_onnx(graph.network, tmp_path / "model.onnx", FRAMES)
    assert os.getcwd().encode() not in (tmp_path / "model.onnx").read_bytes()  # it is given to others
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    assert [output.name for output in session.get_outputs()] == graph.outputs
    given = examples(graph)
    values = session.run(None, {name: value.numpy() for name, value in zip(graph.inputs, given, strict=True)})
    for output, value in zip(graph(*given), values, strict=True):
        np.testing.assert_allclose(value, output.detach().numpy(), rtol=0, atol=1e-4)
