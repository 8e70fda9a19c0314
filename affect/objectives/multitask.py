"""The weighted sum of the losses of a network's outputs (BMVC 2019, section 3; FaceBehaviorNet, eq 1)."""

import torch
from torch import Tensor

from affect.networks.spec import NetworkSpec
from affect.objectives.couplings import couple
from affect.objectives.registry import TERMS
from affect.objectives.settings import ObjectiveSettings
from affect.objectives.term import Batch
from affect.objectives.world import global_sum


class MultiTask:
    """The objective of a network; every loss sees the samples of the global batch that have its own labels.

    Targets, batch first: "valence_arousal" float (B, 2), NaN where not annotated; "expression" integer (B,) and
    "action_units" integer (B, 17) in the order of labels.ACTION_UNITS, -1 where not annotated; "compound" integer (B,),
    index into labels.COMPOUND_EXPRESSIONS, -1 where not annotated, or left out; "votes" float (B, 7), annotators by the
    expression they chose, NaN where nobody was asked, or left out; "identity" integer (B,), index into the
    specification's identities, -1 for anybody else, needed by the head of that name. Raises AffectError where a
    coupling trains a head that the network lacks.
    """

    def __init__(self, settings: ObjectiveSettings, spec: NetworkSpec) -> None:
        names = {
            "valence_arousal": settings.valence_arousal,
            "expression": "cross_entropy" if spec.arcface is None else "arcface",
            "action_units": settings.action_units,
            "compound": "cross_entropy",
            "identity": "cross_entropy",
        }
        weights = {
            "valence_arousal": settings.valence_arousal_weight,
            "expression": settings.expression_weight,
            "action_units": settings.action_units_weight,
            "compound": settings.compound_weight,
            "identity": settings.identity_weight,
        }
        soft = settings.soft_labels
        own = {f"{head}_loss": (weights[head], TERMS[head][names[head]](spec, soft)) for head in spec.heads}
        self.terms = couple(own, settings, spec)

    def __call__(self, outputs: Batch, targets: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The total, a float64 scalar, and each loss before its weight, detached; equal on all workers.

        ``outputs`` are those of Network.forward. Backward through DistributedDataParallel gives the gradient that one
        worker with the whole batch would have; all workers must call this and backward equally often.
        """
        sums = [term.sums(outputs, targets) for _, term in self.terms.values()]
        of_all = torch.split(global_sum(torch.cat(sums)), [len(part) for part in sums])
        losses = {name: term.value(part) for (name, (_, term)), part in zip(self.terms.items(), of_all, strict=True)}
        total = torch.stack([weight * losses[name] for name, (weight, _) in self.terms.items()]).sum()
        return total, {name: loss.detach() for name, loss in losses.items()}
