"""Batch norm over the batch of all workers, on any backend and device (torch's own is for GPUs only)."""

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from affect.networks.precision import full_precision
from affect.objectives.world import global_sum, world_size


class SyncBatchNorm(_BatchNorm):
    """Batch norm of (B, C, ...) whose value, gradient and running statistics are those of the global batch.

    Shares may differ in size and be empty. All workers must call it equally often. On one worker, and in eval mode, it
    is torch's batch norm.
    """

    def _check_input_dim(self, features: Tensor) -> None:
        if features.ndim < 2:
            raise ValueError(f"expected (B, C, ...), got {features.ndim} dimensions")

    def forward(self, features: Tensor) -> Tensor:
        if not self.training or world_size() == 1:
            return super().forward(features)
        self._check_input_dim(features)
        with full_precision(features):
            mean, variance, count = _global_moments(features)
            self._track(mean.detach(), variance.detach(), count.detach())
            scale = torch.rsqrt(variance + self.eps)
            if self.affine:
                scale = scale * self.weight
            shift = -mean * scale
            if self.affine:
                shift = shift + self.bias
            widened = _widened(features)
            shape = (1, -1, *[1] * (features.ndim - 2))
            scale, shift = scale.to(widened.dtype).view(shape), shift.to(widened.dtype).view(shape)
            return torch.addcmul(shift, widened, scale).to(features.dtype)

    @torch.no_grad()
    def _track(self, mean: Tensor, variance: Tensor, count: Tensor) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked += 1
        rate = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean), rate)
        # As in torch: the batch is scaled with the population variance, the running variance is unbiased.
        self.running_var.lerp_((variance * count / (count - 1).clamp(min=1)).to(self.running_var), rate)


def _global_moments(features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and population variance (C,) and number of values per channel over all workers, in float64."""
    widened = _widened(features)
    channels = features.shape[1]
    count = features.numel() // channels
    dims = [0, *range(2, features.ndim)]
    if count:
        variance, mean = torch.var_mean(widened, dims, correction=0)
    else:
        variance = mean = widened.sum(dims)
    mean, variance = mean.double(), variance.double()
    # Centred on each worker first, so that joining in float64 loses nothing: one collective gives all.
    sums = global_sum(torch.cat([count * mean, count * (variance + mean.square()), mean.new_full((1,), count)]))
    total = sums[-1]
    mean = sums[:channels] / total
    return mean, (sums[channels:-1] / total - mean.square()).clamp(min=0), total


def _widened(features: Tensor) -> Tensor:
    return features.to(torch.promote_types(features.dtype, torch.float32))


def synchronise(network: nn.Module) -> None:
    """Replace every batch norm within ``network`` by a synchronised one; names and parameters stay."""
    for name, child in network.named_children():
        if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
            replacement = SyncBatchNorm(
                child.num_features, child.eps, child.momentum, child.affine, child.track_running_stats
            )
            replacement.load_state_dict(child.state_dict())
            setattr(network, name, replacement.train(child.training))
        else:
            synchronise(child)
