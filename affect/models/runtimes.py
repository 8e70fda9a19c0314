"""What computes the frames of a network: torch as it is, torch in channels-last memory, compiled, or ONNX Runtime.

A runtime takes the place of ``Network.frames``, where nearly all of the arithmetic is. Memory and heads stay in torch
and in float32, so that networks of every kind, sequences of any lengths and memory that is carried on go with each.
"""

import copy
import importlib.util
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from affect.errors import AffectError
from affect.networks import Network
from affect.networks.export import export_frames_onnx
from affect.networks.network import Features, Inputs

Frames = Callable[[Inputs], Features]
"""As ``Network.frames``, on the device of its inputs; the features are float32."""

Precision = Literal["float32", "bfloat16"]

PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
"""Of ONNX Runtime, by torch's name of the device."""


@dataclass(frozen=True)
class Runtime:
    """One way to compute frames."""

    prepare: Callable[[Network, Precision], Frames]
    """From a network in eval mode, float32 and on its device, which it leaves alone. Raises AffectError with the reason
    where this network, or this machine, cannot be computed so."""
    preparation_s: float = 0
    """Seconds that preparing takes on one core, roughly (benchmarks.runtimes has figures)."""


def _eager(network: Network, precision: Precision) -> Frames:
    if precision == "float32":
        return network.frames
    return _autocast(_halved(network))


def _channels_last(network: Network, precision: Precision) -> Frames:
    # Pictures come in channels-last memory; weights that lie so too need not be turned round each time, which costs a
    # fifth of the time of one face, and nothing of many.
    turned = copy.deepcopy(network).to(memory_format=torch.channels_last)
    return turned.frames if precision == "float32" else _autocast(_halved(turned))


def _compiled(network: Network, precision: Precision) -> Frames:
    # Inductor writes C++ for CPUs, and would only say so at the first call.
    if next(network.parameters()).device.type == "cpu" and not any(map(shutil.which, ("g++", "clang++"))):
        raise AffectError("torch.compile needs a C++ compiler; install g++ or clang")
    compiled: Frames = torch.compile(_eager(network, precision))
    return compiled


def _onnx_runtime(network: Network, precision: Precision) -> Frames:
    if precision != "float32":
        raise AffectError("its kernels for CPUs compute in float32, and the graph is exported so")
    missing = [name for name in ("onnx", "onnxscript", "onnxruntime") if importlib.util.find_spec(name) is None]
    if missing:
        raise AffectError(
            f"it needs packages that are not here ({', '.join(missing)}); pip install -e '.[onnx,onnxruntime]'"
        )
    import onnxruntime  # noqa: PLC0415 - optional

    device = next(network.parameters()).device
    provider = PROVIDERS[device.type]
    if provider not in onnxruntime.get_available_providers():
        raise AffectError(f"the installed ONNX Runtime has no {provider}; install onnxruntime-gpu")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.inter_op_num_threads = 1
    # A replica shares its cores: threads that spin between two requests take them from others.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frames.onnx"
        # Graphs are traced on the CPU, from a copy, so that the network stays where it is.
        export_frames_onnx(network if device.type == "cpu" else copy.deepcopy(network).cpu(), path)
        session = onnxruntime.InferenceSession(path, options, providers=[provider])
    return _Session(session, list(network.spec.streams))


RUNTIMES: dict[str, Runtime] = {
    "eager": Runtime(_eager),
    "channels-last": Runtime(_channels_last),
    "onnxruntime": Runtime(_onnx_runtime, preparation_s=3),
    # A replica that comes up in the place of a dead one shall not compile for a minute first.
    "compiled": Runtime(_compiled, preparation_s=60),
}
"""In the order in which they are tried."""


class _Session:
    """A session of ONNX Runtime. Inputs and features travel through the CPU, also where it computes on a GPU."""

    def __init__(self, session: Any, streams: list[str]) -> None:
        self.session = session
        self.streams = streams
        self.inputs = [given.name for given in session.get_inputs()]

    def __call__(self, inputs: Inputs) -> Features:
        given = {name: inputs[name].contiguous().cpu().numpy() for name in self.inputs}
        device = inputs[self.inputs[0]].device
        computed = self.session.run(None, given)
        return {name: torch.from_numpy(array).to(device) for name, array in zip(self.streams, computed, strict=True)}


def _halved(network: Network) -> Network:
    """A copy whose convolutions and layers have bfloat16 weights; batch norms keep their statistics as they are."""
    halved = copy.deepcopy(network)
    for module in halved.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.to(torch.bfloat16)
    return halved


def _autocast(network: Network) -> Frames:
    device = next(network.parameters()).device.type

    def frames(inputs: Inputs) -> Features:
        # The weights are in bfloat16 already: there is nothing to keep.
        with torch.autocast(device, torch.bfloat16, cache_enabled=False):
            features = network.frames(inputs)
        return {name: rows.float() for name, rows in features.items()}

    return frames
