"""Losses by output and name: a new one is one file and one entry here."""

from collections.abc import Callable

from affect.networks.spec import ArcFace, NetworkSpec
from affect.objectives.arcface import ArcFaceLoss
from affect.objectives.binary_cross_entropy import BinaryCrossEntropy
from affect.objectives.ccc import ConcordanceLoss
from affect.objectives.compound import CompoundCrossEntropy
from affect.objectives.cross_entropy import CrossEntropy
from affect.objectives.identity import IdentityCrossEntropy
from affect.objectives.mean_squared_error import MeanSquaredError
from affect.objectives.soft_labels import SoftLabels
from affect.objectives.term import Term

TERMS: dict[str, dict[str, Callable[[NetworkSpec, SoftLabels], Term]]] = {
    "valence_arousal": {
        "ccc": lambda *_: ConcordanceLoss(),
        "mse": lambda *_: MeanSquaredError(),
    },
    "expression": {
        "cross_entropy": lambda _, soft: CrossEntropy(soft),
        "arcface": lambda spec, soft: ArcFaceLoss(spec.arcface or ArcFace(), soft),
    },
    "action_units": {
        "sum": lambda spec, _: BinaryCrossEntropy(spec.action_units, "sum"),
        "mean": lambda spec, _: BinaryCrossEntropy(spec.action_units, "mean"),
    },
    "compound": {
        "cross_entropy": lambda spec, _: CompoundCrossEntropy(spec.compounds),
    },
    "identity": {
        "cross_entropy": lambda *_: IdentityCrossEntropy(),
    },
}
