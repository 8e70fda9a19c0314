"""Labels as annotation files in Aff-Wild2's form, which ``affect.corpora.aff_wild2`` reads."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affect import storage
from affect.labels import ACTION_UNITS, EXPRESSIONS, VALENCE_AROUSAL, action_unit_label

SETS = {"va": "VA_Set", "expr": "EXPR_Set", "au": "AU_Set"}

SPLIT_FOLDERS = {"train": "Training_Set", "validation": "Validation_Set", "test": "Test_Set"}


def label_uri(root: str, kind: str, split: str, name: str) -> str:
    """Where the labels of one person of one video belong; ``kind`` is va, expr or au."""
    return storage.join(root, "annotations", SETS[kind], SPLIT_FOLDERS[split], f"{name}.txt")


def valence_arousal_file(valence: NDArray[np.floating], arousal: NDArray[np.floating]) -> str:
    """Both (frames,); a frame without one of them is marked -5 in both, as the form has it."""
    rows = [
        f"{v:.6g},{a:.6g}" if np.isfinite(v) and np.isfinite(a) else "-5,-5"
        for v, a in zip(valence, arousal, strict=True)
    ]
    return _file(",".join(VALENCE_AROUSAL), rows)


def expression_file(labels: NDArray[np.int8]) -> str:
    """``labels`` (frames,), -1 where unknown."""
    return _file(",".join(name.capitalize() for name in EXPRESSIONS), [str(label) for label in labels])


def action_unit_file(labels: NDArray[np.int8], units: Sequence[int]) -> str:
    """``labels`` (frames, 17), -1 where unknown; the file has columns for ``units`` only."""
    columns = [ACTION_UNITS.index(unit) for unit in units]
    return _file(",".join(map(action_unit_label, units)), [",".join(map(str, row)) for row in labels[:, columns]])


def _file(header: str, rows: Sequence[str]) -> str:
    return "\n".join([header, *rows]) + "\n"
