"""How a printed figure is come by: a recipe, and on what its model is measured."""

from dataclasses import dataclass
from typing import Literal

from affect.catalogue.published_results import Result

ALL_SPLITS = "all"
"""In place of a split: everything that there is of the corpus, however it is divided."""


@dataclass(frozen=True)
class Protocol:
    """The model that ``recipe`` trains, measured on ``split`` of ``corpus``, or on ALL_SPLITS."""

    recipe: str
    corpus: str
    split: str
    how: Literal["whole", "folds", "zero-shot"] = "whole"
    """``folds``: each fold's model on what the fold holds out, joined. ``zero-shot``: compound expressions from the
    other outputs."""
    undivided: str = ""
    """What is measured of rows without ``split``: the same set, as the corpus's authors call it."""


@dataclass(frozen=True)
class Copy:
    """A figure that repeats another."""

    of: Result
