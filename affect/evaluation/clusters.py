"""Cluster centres by k-means, the other reading of BMVC 2019, section 4 IV (evaluation.centres has the first).

"Split them in 7 clusters" read literally: clusters are found without labels, by cosine as the rule assigns pictures;
each then stands for the class it is matched to, one to one, so that the most pictures lie in their own class's cluster.
"""

import hashlib
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from affect.evaluation.centres import Centres, unit
from affect.labels import EXPRESSIONS, NO_EXPRESSION
from affect.metrics.accumulator import State, as_array
from affect.networks import Network

CAPACITY = 10_000
"""How many embeddings are kept; 20 MB of 512 values."""

Floats = NDArray[np.float64]


class ClusterAccumulator(Centres):
    """Spherical k-means of a sample of the embeddings of pictures with an expression.

    The sample is the ``capacity`` rows whose hashes are least, in their order: it is as good as random, and the same
    however rows are spread over workers and calls. There are as many clusters as classes occur, 7 in every corpus.
    """

    def __init__(self, network: Network, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self._embeddings = np.empty((0, network.embedding_size), dtype=np.float32)
        self._expressions = np.empty(0, dtype=np.int8)
        self._hashes = np.empty(0, dtype=np.uint64)
        self._waiting: list[tuple[NDArray[np.float32], NDArray[np.int8], NDArray[np.uint64]]] = []

    def update(self, embeddings: Any, expressions: Any) -> None:
        embeddings, expressions = as_array(embeddings).astype(np.float32), as_array(expressions).astype(np.int8)
        annotated = expressions != NO_EXPRESSION
        embeddings, expressions = embeddings[annotated], expressions[annotated]
        hashes = _hashes(embeddings, expressions)
        full = len(self._hashes) == self.capacity
        low = hashes < self._hashes[-1] if full else np.ones(len(hashes), dtype=np.bool_)
        self._waiting.append((embeddings[low], expressions[low], hashes[low]))
        # Sorting now and then costs less than sorting at each call.
        if sum(len(part[0]) for part in self._waiting) >= self.capacity:
            self._settle()

    def _settle(self) -> None:
        parts = [(self._embeddings, self._expressions, self._hashes), *self._waiting]
        embeddings, expressions, hashes = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        # Rows of equal hash are equal rows: which of them stay makes no difference.
        least = np.argsort(hashes, kind="stable")[: self.capacity]
        self._embeddings, self._expressions, self._hashes = embeddings[least], expressions[least], hashes[least]
        self._waiting = []

    def state(self) -> State:
        self._settle()
        return {"embeddings": self._embeddings.copy(), "expressions": self._expressions.copy()}

    def merge(self, state: State) -> Self:
        self.update(state["embeddings"], state["expressions"])
        return self

    @property
    def seen(self) -> int:
        self._settle()
        return len(self._hashes)

    def centres(self) -> Floats:
        self._settle()
        centres = np.zeros((len(EXPRESSIONS), self._embeddings.shape[1]))
        classes = np.unique(self._expressions)
        if not len(classes):
            return centres
        found, members = spherical_k_means(unit(self._embeddings.astype(np.float64)), len(classes))
        counts = [[np.sum((members == i) & (self._expressions == c)) for c in classes] for i in range(len(classes))]
        clusters, columns = linear_sum_assignment(counts, maximize=True)
        centres[classes[columns]] = found[clusters]
        return centres


def _hashes(embeddings: NDArray[np.float32], expressions: NDArray[np.int8]) -> NDArray[np.uint64]:
    digests = [
        hashlib.blake2b(row.tobytes() + label.tobytes(), digest_size=8).digest()
        for row, label in zip(embeddings, expressions, strict=True)
    ]
    return np.frombuffer(b"".join(digests), dtype=np.uint64)


def spherical_k_means(
    vectors: Floats, clusters: int, starts: int = 10, rounds: int = 100, seed: int = 0
) -> tuple[Floats, NDArray[np.intp]]:
    """Centres (clusters, d), unit vectors, and the cluster (n,) of each of ``vectors`` (n, d), unit vectors.

    The best, by the sum of cosines to the own centre, of several starts, each chosen as k-means++ does. The same
    vectors in the same order give the same centres.
    """
    generator = np.random.default_rng(seed)
    best: tuple[float, Floats, NDArray[np.intp]] | None = None
    for _ in range(starts):
        centres = _first_centres(vectors, clusters, generator)
        members = np.full(len(vectors), -1)
        for _ in range(rounds):
            cosines = vectors @ centres.T
            before, members = members, cosines.argmax(axis=1)
            if (members == before).all():
                break
            centres = _means(vectors, members, cosines.max(axis=1), clusters)
        total = float((vectors @ centres.T).max(axis=1).sum())
        if best is None or total > best[0]:
            best = total, centres, members
    assert best is not None
    return best[1:]


def _means(vectors: Floats, members: NDArray[np.intp], cosines: Floats, clusters: int) -> Floats:
    belongs = (members == np.arange(clusters)[:, None]).astype(np.float64)
    means = unit(belongs @ vectors)
    # An empty cluster begins anew at the vectors that are farthest from their centres.
    empty = np.flatnonzero(belongs.sum(axis=1) == 0)
    means[empty] = vectors[np.argsort(cosines, kind="stable")[: len(empty)]]
    return means


def _first_centres(vectors: Floats, clusters: int, generator: np.random.Generator) -> Floats:
    chosen = [int(generator.integers(len(vectors)))]
    for _ in range(clusters - 1):
        distances = np.maximum(1 - (vectors @ vectors[chosen].T).max(axis=1), 0)
        total = distances.sum()
        chosen.append(int(generator.choice(len(vectors), p=distances / total if total > 0 else None)))
    return vectors[chosen]
