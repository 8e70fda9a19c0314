"""What is known of weights that others published: which networks they fit, and how each file spells their names."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from affect.pretrained.files import Kind

Spelling = Callable[[str], str | None]
"""From a tensor's name within a stream (``encoder.layers.conv1.weight``) to its name in a file; None where none has it.

What follows the encoder is taken where the file has it in the stream's shapes."""


@dataclass(frozen=True)
class Form:
    """One of the files a source comes as."""

    title: str
    kind: Kind
    order: Literal["rgb", "bgr"]
    """Of the colours its first convolution takes."""
    spelling: Spelling
    left_out: str
    """Regular expression of what else the file holds and no network here has, above all its classifier."""
    classifier: str = ""
    """The weights of its last layer, which tell by their classes whether it is this source's."""
    optional: str = ""
    """Regular expression of names, as the file spells them, that not every such file has."""

    def knows(self, name: str) -> bool:
        return re.fullmatch(self.left_out, name) is not None

    def is_optional(self, name: str) -> bool:
        return re.fullmatch(self.optional, name) is not None


@dataclass(frozen=True)
class Source:
    """Weights by one name; ``encoders`` and ``normalisation`` are the network settings they are right with."""

    encoders: tuple[str, ...]
    normalisation: str
    first: str
    """Within the stream, the weights that see the colours."""
    forms: tuple[Form, ...]
    classes: tuple[int, ...]
    """How many its classifier may tell apart; none where that is not known."""
    origin: str
    """Who published them, under what file name, on what terms."""


def respelled(*rules: tuple[str, str]) -> Spelling:
    """The spelling by the first of ``rules`` whose regular expression is the whole name: (pattern, replacement)."""

    def spelling(name: str) -> str | None:
        for pattern, replacement in rules:
            match = re.fullmatch(pattern, name)
            if match:
                return match.expand(replacement)
        return None

    return spelling
