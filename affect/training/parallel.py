"""A network spread over workers: replicated, or with its parameters shared out; its state whole again."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import torch
from torch import Tensor, distributed, nn
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.nn.parallel import DistributedDataParallel
from torch.utils._pytree import tree_map_only

from affect.networks.batchnorm import SyncBatchNorm
from affect.objectives.world import rank, world_size

LARGE = 2**20
"""Parameters from which on a fully connected layer is gathered by itself rather than with the rest."""

_WHOLE = StateDictOptions(full_state_dict=True, cpu_offload=True)
_FROM_FIRST = StateDictOptions(full_state_dict=True, broadcast_from_rank0=True)


def spread(network: nn.Module, parallel: Literal["replicate", "shard"]) -> nn.Module:
    """What to call in training in place of ``network``, which stands on its device already.

    Both give gradients that are the mean over workers. Replicated, every worker holds all parameters; sharded, its
    share of them, of their gradients and of the optimiser's state, and large fully connected layers (VGG's hold nine
    tenths of it) are gathered when they are needed. Sharding changes ``network`` itself. Without other workers it is
    returned as it is.
    """
    if world_size() == 1:
        return network
    device = next(network.parameters()).device
    if device.type == "cuda":
        _use_native_batchnorm(network)
    if parallel == "replicate":
        return DistributedDataParallel(network, device_ids=[device.index] if device.type == "cuda" else None)
    mesh = init_device_mesh(device.type, (world_size(),))
    for module in list(network.modules()):
        if isinstance(module, nn.Linear) and module.weight.numel() >= LARGE:
            fully_shard(module, mesh=mesh)
    fully_shard(network, mesh=mesh)
    return network


def _use_native_batchnorm(network: nn.Module) -> None:
    """Exchange synchronised batch norms for torch's own, which is for GPUs only; names and tensors stay."""
    for name, child in network.named_children():
        if isinstance(child, SyncBatchNorm):
            native = nn.SyncBatchNorm(
                child.num_features, child.eps, child.momentum or 0.1, child.affine, child.track_running_stats
            )
            native.momentum = child.momentum  # None: a plain mean, which it can do as well
            native._parameters, native._buffers = child._parameters, child._buffers  # noqa: SLF001
            setattr(network, name, native.train(child.training))
        else:
            _use_native_batchnorm(child)


@contextlib.contextmanager
def keeping_gradients(model: nn.Module) -> Iterator[None]:
    """Within it backward adds to this worker's gradients and leaves those of the others alone."""
    if isinstance(model, DistributedDataParallel):
        with model.no_sync():
            yield
    elif isinstance(model, FSDPModule):
        model.set_requires_gradient_sync(requires_gradient_sync=False)
        yield
        model.set_requires_gradient_sync(requires_gradient_sync=True)
    else:
        yield


def align_buffers(network: nn.Module) -> None:
    """Give all workers the first one's buffers: running statistics that are not synchronised differ between them."""
    if world_size() > 1:
        for buffer in network.buffers():
            distributed.broadcast(buffer, src=0)


def network_state(network: nn.Module) -> dict[str, Tensor]:
    """The whole network's tensors on the CPU, copied; all workers must call it, and all but the first get nothing."""
    state: dict[str, Any] = get_model_state_dict(network, options=_WHOLE)
    if rank():
        return {}
    # Plain order: what the first worker sends is its memory as it lies, channels_last included, and others read it so.
    return {name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format) for name, tensor in state.items()}


def set_network_state(network: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Load what ``network_state`` gave on the first worker, whatever the others hold; all workers must call it."""
    set_model_state_dict(network, dict(state), options=_FROM_FIRST if world_size() > 1 else StateDictOptions())


def optimiser_state(network: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Any]:
    """The whole optimiser's state by parameter name, on the CPU; as with ``network_state``."""
    state: dict[str, Any] = get_optimizer_state_dict(network, optimiser, options=_WHOLE)
    tree: dict[str, Any] = tree_map_only(Tensor, lambda tensor: tensor.contiguous(), state)  # as in network_state
    return tree


def set_optimiser_state(network: nn.Module, optimiser: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Load what ``optimiser_state`` gave on the first worker; as with ``set_network_state``."""
    set_optimizer_state_dict(network, optimiser, state, options=_FROM_FIRST if world_size() > 1 else StateDictOptions())
