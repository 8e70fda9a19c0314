"""Parts of a network by name, as "streams.image.encoder": frozen, taken from another network, heads exchanged."""

import difflib
from collections.abc import Iterable
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from affect.configuration import differences
from affect.errors import AffectError
from affect.networks import Network, NetworkSpec, build

OUTPUTS = ("heads", "action_units", "compounds", "identities", "arcface")
"""What of a specification concerns the heads only."""


class FrozenBatchNorm(_BatchNorm):
    """A batch norm that keeps its running statistics and uses them, in training too."""

    def _check_input_dim(self, features: Tensor) -> None:
        """Any shape that has channels."""

    def train(self, mode: bool = True) -> Self:  # noqa: ARG002
        return super().train(mode=False)


def cnn_parts(spec: NetworkSpec) -> tuple[str, ...]:
    """What a CNN gives to a CNN-RNN of ``spec``: the encoder, and the first fully connected layer where it has one."""
    parts = ("encoder", "fully_connected.0") if spec.fully_connected else ("encoder",)
    return tuple(f"streams.{spec.streams[0]}.{part}" for part in parts)


def freeze(network: nn.Module, names: Iterable[str]) -> None:
    """Keep the parts of ``network`` that ``names`` begin from training, whole names between dots.

    Their parameters get no gradient; their batch norms are exchanged for FrozenBatchNorm, with the same tensors under
    the same names. Dropout stays. Raises AffectError naming the nearest part where there is none of a name.
    """
    names = tuple(names)
    for name in names:
        _require(name, network)
    for name, parameter in network.named_parameters():
        if _within(name, names):
            parameter.requires_grad = False
    for name, module in list(network.named_modules()):
        if isinstance(module, _BatchNorm) and _within(name, names):
            parent, _, child = name.rpartition(".")
            setattr(network.get_submodule(parent), child, _frozen(module))


def replace_heads(network: Network, spec: NetworkSpec) -> Network:
    """A network of ``spec`` with fresh heads, and in all else the weights of ``network``, to the bit.

    It stands on the same device, in the same mode; nothing in it is frozen. Raises AffectError naming the settings
    where ``spec`` differs in more than the heads.
    """
    others = [line for line in differences(network.spec, spec) if line.partition(":")[0].split(".")[0] not in OUTPUTS]
    if others:
        raise AffectError("only heads can be replaced, the specifications also differ in\n  " + "\n  ".join(others))
    replaced = build(spec)
    load_parts(replaced, network, [name for name, _ in network.named_children() if name != "heads"])
    device = next(network.parameters()).device
    return replaced.to(device).train(network.training)


def load_parts(network: Network, other: Network, names: Iterable[str]) -> tuple[str, ...]:
    """Copy the parts that ``names`` begin from ``other`` into ``network``; the names of the tensors are returned.

    Raises AffectError, with ``network`` unchanged, where one of the two has no such part, a stream's pictures would be
    normalised otherwise, or tensors are missing, too many or of another shape, all of which it lists.
    """
    names = tuple(names)
    for name in names:
        _require(name, network)
        _require(name, other)
    streams = any(name.split(".")[0] == "streams" for name in names)
    if streams and network.spec.normalisation != other.spec.normalisation:
        raise AffectError(
            f"the streams were trained with network.normalisation={other.spec.normalisation}, "
            f"this network has {network.spec.normalisation}; set it to the same"
        )
    needed, found = ({n: t for n, t in of.state_dict().items() if _within(n, names)} for of in (network, other))
    faults = [f"missing: {name} {list(needed[name].shape)}" for name in needed if name not in found]
    faults += [f"surplus: {name} {list(found[name].shape)}" for name in found if name not in needed]
    faults += [
        f"{name} has shape {list(found[name].shape)}, the network needs {list(needed[name].shape)}"
        for name in needed
        if name in found and found[name].shape != needed[name].shape
    ]
    if faults:
        raise AffectError(f"{', '.join(names)} of the other network does not fit:\n  " + "\n  ".join(faults))
    with torch.no_grad():
        for name, tensor in needed.items():
            tensor.copy_(found[name])
    return tuple(needed)


def _frozen(norm: _BatchNorm) -> FrozenBatchNorm:
    frozen = FrozenBatchNorm(norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
    # The same tensors, so that an optimiser that has them keeps them.
    for name, parameter in norm.named_parameters():
        setattr(frozen, name, parameter)
    for name, buffer in norm.named_buffers():
        setattr(frozen, name, buffer)
    return frozen.train()


def _within(name: str, parts: tuple[str, ...]) -> bool:
    return any(name == part or name.startswith(f"{part}.") for part in parts)


def _require(part: str, network: nn.Module) -> None:
    known = [name for name, _ in network.named_modules() if name] + list(network.state_dict())
    if part not in known:
        close = difflib.get_close_matches(part, known, n=1, cutoff=0)
        hint = f"did you mean {close[0]!r}?" if close else ""
        raise AffectError(f"the network has no part {part!r}; {hint}")
