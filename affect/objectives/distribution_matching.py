"""Distribution matching: action units as a mixture over expressions (FaceBehaviorNet, eq 2 and 3)."""

import torch
from torch import Tensor
from torch.nn import functional

from affect.labels import EXPRESSIONS, action_unit_weights
from affect.networks.spec import NetworkSpec
from affect.objectives.arcface import expression_scale
from affect.objectives.settings import DistributionMatching
from affect.objectives.term import Batch, MeanTerm


class DistributionMatchingLoss(MeanTerm):
    """Sum over action units of the cross entropy of p(AU | x) and q(AU | x); mean over all samples, labels or not.

    "printed" is eq 3, -p log q. It is linear in p, so its minimum over p is at p = 0 whatever q is: it pushes every
    action unit to be off, and q towards 1 where p is large. "bernoulli" is -q log p - (1 - q) log(1 - p), the cross
    entropy of two Bernoulli distributions, least over p at p = q. ``detached`` names the side without gradients.
    An action unit that no emotion leads to (AU14) has q = 0 and leaves the sum; AU11 has no prediction.
    """

    def __init__(self, settings: DistributionMatching, spec: NetworkSpec) -> None:
        self.settings = settings
        self.scale = expression_scale(spec)
        shares = torch.from_numpy(action_unit_weights(EXPRESSIONS, spec.action_units, weighted=settings.weighted))
        self.columns = shares.any(dim=0).nonzero()[:, 0]
        shares = shares[:, self.columns]
        if settings.normalisation == "example":
            shares = shares / (shares > 0).sum(dim=0)
        self.log_shares = shares.log()

    def per_sample(self, outputs: Batch, targets: Batch) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        logits = outputs["action_units"].double().index_select(1, self.columns.to(outputs["action_units"].device))
        log_q = self.log_mixture(outputs["expression"])
        if self.settings.detached == "p":
            logits = logits.detach()
        if self.settings.detached == "q":
            log_q = log_q.detach()
        if self.settings.form == "printed":
            values = -logits.sigmoid() * log_q
        else:
            q = log_q.exp()
            values = -q * functional.logsigmoid(logits) - (1 - q) * functional.logsigmoid(-logits)
        return values.sum(dim=1), torch.ones(len(logits), dtype=torch.bool, device=logits.device)

    def log_mixture(self, outputs: Tensor) -> Tensor:
        """The logarithm of q(AU | x), float64, of the action units that some emotion leads to.

        From the expression head's outputs (B, 7), by logarithms throughout: q may be too small for a number.
        """
        logarithms = (self.scale * outputs.double()).log_softmax(dim=1)
        return torch.logsumexp(logarithms[:, :, None] + self.log_shares.to(outputs.device), dim=1)
