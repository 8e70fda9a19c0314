"""How trained models are judged: the rules of the papers beyond a metric."""

from collections.abc import Callable

from affect.evaluation.centres import CentreAccumulator, Centres
from affect.evaluation.clusters import ClusterAccumulator
from affect.networks import Network

__all__ = ["CENTRES", "Centres"]

CENTRES: dict[str, Callable[[Network], Centres]] = {
    "class-means": CentreAccumulator,
    "k-means": ClusterAccumulator,
}
"""The two ways to read "split them in 7 clusters" (BMVC 2019, section 4 IV)."""
