"""What an evaluation would find of made models: real metrics of made predictions, better or worse by their recipe."""

import functools
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from affect.evaluation.judging import Judging
from affect.evaluation.measures import Measures
from affect.evaluation.settings import BootstrapSettings
from affect.models.files import digest_of, load_description
from affect.models.gate import Gate
from tests.evaluation.made_predictions import SPEC, made_predictions

VIDEOS = {(f"v{number}", "main"): 20 for number in range(6)}


@functools.cache
def judgement(quality: float, rows: str = "abc", sha256: str = "") -> dict[str, Any]:
    """metrics.json where valence is said ``quality`` times as the network that made_predictions plays says it."""
    table = made_predictions(VIDEOS, corpus="sample")
    place = table.schema.get_field_index("predicted_valence")
    said = pc.multiply(table["predicted_valence"], pa.scalar(quality, pa.float32()))
    judging = Judging(network=SPEC, recipe="made", split="validation", rows=rows, synthetic=True, sha256=sha256)
    measures = Measures(judging)
    measures.update(table.set_column(place, "predicted_valence", said))
    return measures.summary(BootstrapSettings(resamples=30))


class Judge:
    """An Evaluate: the quality of a model is its setting of that name."""

    def __init__(self, rows: str = "abc") -> None:
        self.rows = rows
        self.asked: list[str] = []

    def __call__(self, model: str, gate: Gate) -> Mapping[str, Any]:
        self.asked.append(model)
        return judgement(load_description(model).settings["quality"], self.rows, sha256=digest_of(model))
