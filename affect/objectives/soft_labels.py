"""What a sample's expression is taken to be: its label, or shares of the classes around it."""

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from affect.configuration import Configuration
from affect.labels import EXPRESSIONS, NO_EXPRESSION
from affect.objectives.term import Batch


class SoftLabels(Configuration):
    """How much of the label is given to other classes. The papers give none: all is the label's by default."""

    votes: float = Field(default=0.0, ge=0, le=1)
    """Share of the annotators' votes, where a sample has some (FERPlus: Barsoum et al. 2016, section 4, there 1)."""
    smoothing: float = Field(default=0.0, ge=0, lt=1)
    """Of what the votes leave, the share that all classes have alike (Szegedy et al. 2016, section 7)."""

    @property
    def hard(self) -> bool:
        """Whether every sample is wholly of its label."""
        return not (self.votes or self.smoothing)

    def shares(self, targets: Batch) -> Tensor:
        """Shares of the classes (B, 7), float64, of sum 1; 0 without a label. ``targets`` as in MultiTask."""
        labels = targets["expression"].long()
        own = functional.one_hot(labels.clamp(min=0), len(EXPRESSIONS)).double()
        own = (1 - self.smoothing) * own + self.smoothing / len(EXPRESSIONS)
        votes = targets.get("votes")
        if votes is not None and self.votes:
            votes = votes.double().nan_to_num(0.0)
            total = votes.sum(dim=1, keepdim=True)
            mixed = (1 - self.votes) * own + self.votes * votes / total.clamp(min=1e-9)
            own = torch.where(total > 0, mixed, own)
        return own * (labels != NO_EXPRESSION)[:, None]
