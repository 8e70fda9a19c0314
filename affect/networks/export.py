"""Networks as graphs that run without this code: torch.export's programs and ONNX files.

A graph gives the predictions of ``Network.predict``. A frame network's takes any number of frames. A recurrent one's is
unrolled: it takes as many frames of one sequence as it was exported with, and the state to go on from, which it gives
back after its predictions, so that a long video is run window by window. The graph of the frames alone, without memory
and heads, takes any number of them of any network.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from affect.errors import AffectError
from affect.networks.inputs import LANDMARK_VALUES
from affect.networks.network import Network

STATE = "state_"
"""Begins the names of a graph's states, as in state_image."""

_TRACE = "pkg.torch.onnx.stack_trace"


class Graph(nn.Module):
    """``network``, which is put into eval mode, with inputs and outputs by position."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network.eval()
        self.frames = [name for name in network.spec.takes if name != "lengths"]
        self.states = list(network.state_sizes)
        self.eval()

    @property
    def inputs(self) -> list[str]:
        """Names of the inputs: what each frame has, then the states."""
        return [*self.frames, *(STATE + part for part in self.states)]

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs: the heads, then the states to go on from."""
        return [*self.network.spec.heads, *(f"next_{STATE}{part}" for part in self.states)]

    def examples(self, frames: int) -> tuple[Tensor, ...]:
        """Inputs of the right form: random frames of one sequence, and the states it begins with."""
        side = self.network.spec.input_size
        forms = {"landmarks": (LANDMARK_VALUES,)}
        rows = [torch.rand(frames, *forms.get(name, (3, side, side))) * 2 - 1 for name in self.frames]
        return (*rows, *(torch.zeros(1, size) for size in self.network.state_sizes.values()))

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        count = len(self.frames)
        state = dict(zip(self.states, inputs[count:], strict=True))
        outputs, after = self.network.advance(dict(zip(self.frames, inputs[:count], strict=True)), state)
        predictions = self.network.read(outputs)
        return (*(predictions[head] for head in self.network.spec.heads), *(after[part] for part in self.states))

    def dynamic_shapes(self) -> tuple[tuple[dict[int, Dim] | None, ...]]:
        """Which sizes of the inputs are free."""
        return (tuple(None if self.states else {0: Dim("frames", min=1)} for _ in self.inputs),)


class FrameGraph(Graph):
    """``Network.frames`` in place of the whole network: no states, and a feature of each stream for outputs."""

    @property
    def inputs(self) -> list[str]:
        """Names of the inputs: what each frame has."""
        return self.frames

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs, by stream."""
        return [f"features_{name}" for name in self.network.spec.streams]

    def examples(self, frames: int) -> tuple[Tensor, ...]:
        """Inputs of the right form: random frames."""
        return super().examples(frames)[: len(self.frames)]

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        features = self.network.frames(dict(zip(self.frames, inputs, strict=True)))
        return tuple(features[name] for name in self.network.spec.streams)

    def dynamic_shapes(self) -> tuple[tuple[dict[int, Dim] | None, ...]]:
        """Which sizes of the inputs are free: the number of frames."""
        return (tuple({0: Dim("frames", min=1)} for _ in self.frames),)


def export(network: Network, frames: int = 8) -> ExportedProgram:
    """The program of ``network``; of a recurrent one for ``frames`` frames. Its inputs are Graph.inputs, in order."""
    return _program(Graph(network), frames)


def _program(graph: Graph, frames: int) -> ExportedProgram:
    return torch.export.export(graph, graph.examples(frames), dynamic_shapes=graph.dynamic_shapes())


def export_onnx(network: Network, path: Path, frames: int = 8) -> None:
    """Write ``network`` as an ONNX file whose inputs and outputs carry the names of Graph.

    Raises AffectError where the packages it needs are missing.
    """
    _write_onnx(Graph(network), path, frames)


def export_frames_onnx(network: Network, path: Path) -> None:
    """Write ``Network.frames`` as an ONNX file whose inputs and outputs carry the names of FrameGraph.

    Raises AffectError where the packages it needs are missing.
    """
    _write_onnx(FrameGraph(network), path, frames=8)


def _write_onnx(graph: Graph, path: Path, frames: int) -> None:
    try:
        program = torch.onnx.export(
            _program(graph, frames),
            dynamo=True,
            input_names=graph.inputs,
            output_names=graph.outputs,
            verbose=False,
        )
    except ImportError as error:
        raise AffectError(f"ONNX needs packages that are not here ({error}); pip install -e '.[onnx]'") from error
    assert program is not None
    for node in program.model.graph.all_nodes():  # the exporter's traces name the files of this machine
        node.metadata_props.pop(_TRACE, None)
    program.save(str(path))
