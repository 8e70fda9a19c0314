"""Cluster centres of the training embeddings, by which ArcFace networks classify (BMVC 2019, section 4 IV).

"We extract features from the embedding layer and split them in 7 clusters": read here as the classes themselves, so
that a centre is the mean of a class; evaluation.clusters has the other reading. A picture belongs to the nearest
centre by cosine.
"""

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from affect.errors import AffectError
from affect.labels import EXPRESSIONS, NO_EXPRESSION
from affect.metrics.accumulator import State, as_array
from affect.networks import Network
from affect.networks.heads import CosineHead


class Centres(ABC):
    """Finds a centre for each expression from embeddings seen in parts; the result does not depend on the parts."""

    @abstractmethod
    def update(self, embeddings: Any, expressions: Any) -> None:
        """Embeddings (B, d) of Network.forward in eval mode, expressions (B,) with -1 where not annotated."""

    @abstractmethod
    def state(self) -> State:
        """All that has been seen, as a few arrays of bounded size."""

    @abstractmethod
    def merge(self, state: State) -> Self:
        """Take in what another of the same kind has seen."""

    @property
    @abstractmethod
    def seen(self) -> int:
        """Number of pictures with an expression that count."""

    @abstractmethod
    def centres(self) -> NDArray[np.float64]:
        """Unit vectors (7, d); zero for a class without a training picture, which is then never predicted."""

    def set_centres(self, network: Network) -> None:
        """Make ``network`` classify by these centres. Raises AffectError where no picture had an expression."""
        if not self.seen:
            raise AffectError(
                "no training picture has an expression: cluster centres need a training set with expressions"
            )
        set_centres(network, self.centres())


class CentreAccumulator(Centres):
    """Streaming class means of L2-normalised embeddings; workers' states are joined by addition."""

    def __init__(self, network: Network) -> None:
        self.sums = np.zeros((len(EXPRESSIONS), network.embedding_size))
        self.counts: NDArray[np.int64] = np.zeros(len(EXPRESSIONS), dtype=np.int64)

    def update(self, embeddings: Any, expressions: Any) -> None:
        embeddings, expressions = as_array(embeddings).astype(np.float64), as_array(expressions).astype(np.intp)
        annotated = expressions != NO_EXPRESSION
        np.add.at(self.sums, expressions[annotated], unit(embeddings[annotated]))
        np.add.at(self.counts, expressions[annotated], 1)

    def state(self) -> State:
        return {"sums": self.sums.copy(), "counts": self.counts.copy()}

    def merge(self, state: State) -> Self:
        self.sums += state["sums"]
        self.counts += state["counts"]
        return self

    @property
    def seen(self) -> int:
        return int(self.counts.sum())

    def centres(self) -> NDArray[np.float64]:
        return unit(self.sums)


def set_centres(network: Network, centres: NDArray[np.float64]) -> None:
    """Put ``centres`` (7, d) into the expression head, from where they travel with the model.

    Raises AffectError where the network does not classify by centres.
    """
    head = dict(network.heads.items()).get("expression")
    if not isinstance(head, CosineHead):
        raise AffectError("only a network with an ArcFace expression head has cluster centres; set network.arcface")
    with torch.no_grad():
        head.centres.copy_(torch.from_numpy(centres))


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """``vectors`` (n, d) at length 1; zero stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1)
