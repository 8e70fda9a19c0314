"""Narrow networks with random weights, saved as real models, for tests that need a model and no training."""

from typing import Any

import torch

from affect.models.files import ModelDescription, TrainingData, save_model
from affect.networks import build
from affect.networks.spec import ArcFace, Head, NetworkSpec
from affect.preprocessing.settings import AlignmentSettings, Preprocessing


def describe(
    size: int = 96,
    heads: tuple[Head, ...] = ("valence_arousal", "expression", "action_units"),
    arcface: bool = False,
    **changes: Any,
) -> ModelDescription:
    """A description of a narrow network; ``changes`` are fields of it."""
    network = NetworkSpec(
        encoder="arc-res" if arcface else "vgg-face",
        input_size=size,
        width=1 / 16,
        fully_connected=() if arcface else (256,),
        embedding=32 if arcface else None,
        heads=heads,
        action_units=(1, 4, 12),
        compounds=("awed", "hatred", "appalled") if "compound" in heads else (),
        identities=("Ottilie", "Zoltan") if "identity" in heads else (),
        arcface=ArcFace() if arcface else None,
    )
    fields: dict[str, Any] = {
        "network": network,
        "preprocessing": Preprocessing(alignment=AlignmentSettings(size=size)),
        "recipe": "made",
        "settings": {"seed": 0},
        "data": [TrainingData(corpus="sample", fingerprint="abc123", synthetic=True)],
        "metrics": {"validation/valence_ccc": 0.25, "test/valence_ccc": 0.125, "test/action_units_f1": float("nan")},
    }
    return ModelDescription(**(fields | changes))


def write_model(folder: str, seed: int = 0, **changes: Any) -> ModelDescription:
    """A model in ``folder``; another seed is another network."""
    description = describe(**changes)
    torch.manual_seed(seed)
    save_model(folder, build(description.network).state_dict(), description)
    return description
