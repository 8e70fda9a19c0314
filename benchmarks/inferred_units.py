"""What a model that saw no label of an action unit says of real faces: how far it spreads, what it separates.

``python -m benchmarks.inferred_units --root FER2013 --model RUN [--faces FILE]``. No corpus at hand has labels of
action units, so that nothing here says how often they are right. Of FER2013's validation pictures, for each unit: the
mean probability and the span of its middle nine tenths; the mean of each expression's pictures by the official labels;
how well it separates the expressions that FaceBehaviorNet's Table 1 gives the unit to from the others (area under the
ROC curve). ``--faces`` draws, a row a unit, the faces that it is surest to see and surest not to see: to be looked at.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.stats import mannwhitneyu

from affect.labels import EMOTION_ACTION_UNITS, EXPRESSIONS
from affect.media.pictures import encode_jpeg
from affect.models.files import load_model
from affect.models.predictor import Predictor
from affect.models.shipped import find_model
from benchmarks.own_model import crops_of, labelled

ROW = 8
"""Faces of either kind in a row of the picture."""


def main(
    root: Annotated[str, typer.Option(help="where FER2013 lies")],
    model: Annotated[str, typer.Option(help="a run or a folder of a model that gives action units")],
    each: Annotated[int, typer.Option(help="look at one picture of so many")] = 1,
    faces: Annotated[Path | None, typer.Option(help="a JPEG to draw the surest faces into")] = None,
    json_: Annotated[Path | None, typer.Option("--json", help="keep the figures")] = None,
) -> None:
    """Say how far a model's action units spread that learnt them from expressions alone, and what they separate."""
    torch.set_num_threads(1)
    network, description = load_model(find_model(model))
    pictures, labels = labelled(root, each)
    said = Predictor(network, description)(crops_of(pictures, description))
    table = Table("unit", "mean", "5 to 95 %", *EXPRESSIONS, "separates")
    facts: dict[str, Any] = {}
    rows = []
    for unit in description.network.action_units:
        seen = np.array([one["action_units"][f"AU{unit}"] for one in said])
        facts[f"AU{unit}"] = told = _facts(unit, seen, labels)
        by = [f"{told['by_expression'][name]:.2f}" for name in EXPRESSIONS]
        span = f"{told['low']:.2f} to {told['high']:.2f}"
        table.add_row(f"AU{unit}", f"{told['mean']:.2f}", span, *by, f"{told['separates']:.2f}")
        order = np.argsort(seen)
        rows.append(np.hstack([pictures[place] for place in (*order[: -ROW - 1 : -1], *order[:ROW])]))
    Console().print(table)
    if faces is not None:
        faces.write_bytes(encode_jpeg(np.kron(np.vstack(rows), np.ones((2, 2, 1), np.uint8))))
    if json_ is not None:
        json_.write_text(json.dumps(facts, indent=2) + "\n")


def _facts(unit: int, seen: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Of one unit's probabilities (n,)."""
    has = np.array([unit in EMOTION_ACTION_UNITS.get(name, {}) for name in EXPRESSIONS])[labels]
    pairs = has.sum() * (~has).sum()
    low, high = np.quantile(seen, [0.05, 0.95])
    return {
        "mean": float(seen.mean()),
        "low": float(low),
        "high": float(high),
        "by_expression": {name: float(seen[labels == number].mean()) for number, name in enumerate(EXPRESSIONS)},
        "separates": float(mannwhitneyu(seen[has], seen[~has]).statistic / pairs),
    }


if __name__ == "__main__":
    typer.run(main)
