"""The output layers: what each gives in training, and how it is read as a prediction."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from affect.errors import AffectError
from affect.labels import EXPRESSIONS, VALENCE_AROUSAL
from affect.networks.precision import full_precision
from affect.networks.spec import Head, NetworkSpec


class HeadLayer(nn.Module, ABC):
    """An output layer on the embedding (B, d)."""

    @abstractmethod
    def forward(self, embedding: Tensor) -> Tensor:
        """What the objectives see, (B, outputs)."""

    @abstractmethod
    def predict(self, output: Tensor, embedding: Tensor) -> Tensor:
        """The prediction (B, outputs), float32, that belongs to an ``output`` of forward and its ``embedding``."""


class LinearHead(HeadLayer):
    """A linear layer and the function that reads its outputs."""

    def __init__(self, features: int, outputs: int, read: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.linear = nn.Linear(features, outputs)
        self.read = read

    def forward(self, embedding: Tensor) -> Tensor:
        output: Tensor = self.linear(embedding)
        return output

    def predict(self, output: Tensor, embedding: Tensor) -> Tensor:  # noqa: ARG002
        return self.read(output.float())


class CosineHead(HeadLayer):
    """Cosines between the embedding and seven trained vectors (BMVC 2019, eq 4).

    Predictions drop these vectors and use the cosines to ``centres`` (7, d), the cluster centres of the training
    embeddings (BMVC 2019, section 4 IV). Until centres have been set, which are zero before, the vectors stand for
    them; a class whose centre alone is zero had no training picture and is never the most probable.
    """

    centres: Tensor

    def __init__(self, features: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.weight = nn.Parameter(torch.randn(len(EXPRESSIONS), features))
        self.register_buffer("centres", torch.zeros(len(EXPRESSIONS), features))

    def forward(self, embedding: Tensor) -> Tensor:
        return cosines(embedding, self.weight)

    def predict(self, output: Tensor, embedding: Tensor) -> Tensor:
        known = self.centres.any(dim=1)
        to_centres = torch.where(known, cosines(embedding, self.centres), -1.0)
        return torch.softmax(self.scale * torch.where(known.any(), to_centres, output.float()), dim=1)


def cosines(embedding: Tensor, vectors: Tensor) -> Tensor:
    """Cosine (B, n) of every embedding (B, d) to every vector (n, d), in at least float32, within [-1, 1].

    The cosine to or from a zero vector is 0.
    """
    with full_precision(embedding):
        dtype = torch.promote_types(embedding.dtype, torch.float32)
        # The floor of the norm also bounds the gradient at a zero vector.
        unit = functional.normalize(embedding.to(dtype), dim=1, eps=1e-6)
        return functional.linear(unit, functional.normalize(vectors.to(dtype), dim=1, eps=1e-6)).clamp(-1, 1)


def _within_range(output: Tensor) -> Tensor:
    return output.clamp(-1, 1)


def _probabilities(logits: Tensor) -> Tensor:
    return logits.softmax(dim=1)


def _valence_arousal(features: int, spec: NetworkSpec) -> HeadLayer:  # noqa: ARG001
    return LinearHead(features, len(VALENCE_AROUSAL), _within_range)


def _expression(features: int, spec: NetworkSpec) -> HeadLayer:
    if spec.arcface is not None:
        return CosineHead(features, spec.arcface.scale)
    return LinearHead(features, len(EXPRESSIONS), _probabilities)


def _compound(features: int, spec: NetworkSpec) -> HeadLayer:
    return LinearHead(features, len(spec.compounds), _probabilities)


def _action_units(features: int, spec: NetworkSpec) -> HeadLayer:
    return LinearHead(features, len(spec.action_units), torch.sigmoid)


def _identity(features: int, spec: NetworkSpec) -> HeadLayer:
    if not spec.identities:
        raise AffectError("the identity head has nobody to tell apart; a training run names them from its rows")
    return LinearHead(features, len(spec.identities), _probabilities)


HEADS: dict[Head, Callable[[int, NetworkSpec], HeadLayer]] = {
    "valence_arousal": _valence_arousal,
    "expression": _expression,
    "action_units": _action_units,
    "compound": _compound,
    "identity": _identity,
}
