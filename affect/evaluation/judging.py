"""How the predictions of a model are judged: what is kept beside them, so that all figures follow from the two."""

from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from affect.configuration import Configuration
from affect.errors import AffectError
from affect.evaluation.compound import compound_scores
from affect.evaluation.predictions import predicted, targets
from affect.evaluation.settings import ZERO_SHOT, EvaluationConfig
from affect.labels import (
    ACTION_UNITS,
    EMOTIONET_COMPOUNDS,
    NO_ACTION_UNIT,
    RAFDB_COMPOUNDS,
    action_unit_columns,
)
from affect.metrics.defaults import JUDGED_ACTION_UNITS
from affect.models.files import ModelDescription
from affect.networks.spec import Head, NetworkSpec

CLASSES: dict[ZERO_SHOT, tuple[str, ...]] = {"raf-db": RAFDB_COMPOUNDS, "emotionet": EMOTIONET_COMPOUNDS}
"""Of compound expressions without training on any, by the corpus that has them."""


class Judging(Configuration):
    """``model`` of metrics.json: whose predictions they are, and by what rules they are judged."""

    network: NetworkSpec
    name: str = ""
    """What it is called in its store, as name/version."""
    recipe: str = ""
    sha256: str = ""
    """Of its model.json, which holds that of the weights."""
    synthetic: bool = False
    """Whether a program made some of what it learned from or is judged on."""
    split: str = ""
    rows: str = ""
    """Fingerprint of the rows."""
    expressions: str = "of the largest probability"
    """By what rule a face has its expression."""
    thresholds: dict[str, float] = Field(default_factory=dict)
    """Probability from which an action unit counts as active, where it is not the default."""
    thresholds_from: str = ""
    """Where they come from."""
    every_action_unit: bool = False
    zero_shot: ZERO_SHOT | None = None
    weighted: bool = False

    @classmethod
    def of(cls, config: EvaluationConfig, description: ModelDescription, **changes: Any) -> Self:
        """Raises AffectError for a model that cannot be judged so."""
        network = description.network
        _check(config, network)
        stored = description.thresholds
        return cls(
            network=network,
            name=config.name,
            recipe=description.recipe,
            split=config.split,
            expressions=_rule(description),
            thresholds=stored.action_units if stored else {},
            thresholds_from=f"stored with the model: {stored.found_on}" if stored else "",
            every_action_unit=config.every_action_unit,
            zero_shot=config.zero_shot,
            weighted=config.weighted,
            **changes,
        )

    @property
    def spec(self) -> NetworkSpec:
        """The outputs that are judged: the network's, and compound expressions that follow from them."""
        if self.zero_shot is None:
            return self.network
        heads: tuple[Head, ...] = (*self.network.heads, "compound")
        return self.network.model_copy(update={"heads": heads, "compounds": CLASSES[self.zero_shot]})

    def targets(self, table: pa.Table) -> dict[str, NDArray[Any]]:
        """The labels of rows of predictions.parquet as FrameMetrics takes them.

        Action units that the corpus of a row is not judged on count as not annotated.
        """
        labels = targets(table)
        for corpus, judged in JUDGED_ACTION_UNITS.items() if not self.every_action_unit else ():
            here = pc.equal(table["corpus"], corpus).to_numpy()
            others = action_unit_columns(tuple(unit for unit in ACTION_UNITS if unit not in judged))
            labels["action_units"][np.ix_(here, others)] = NO_ACTION_UNIT
        return labels

    def predicted(self, table: pa.Table) -> dict[str, NDArray[Any]]:
        """The predictions of rows of predictions.parquet as FrameMetrics takes them, NaN where there is none."""
        said: dict[str, NDArray[Any]] = dict(predicted(table, self.network).items())
        if self.zero_shot is not None:
            classes, units = CLASSES[self.zero_shot], self.network.action_units
            said["compound"] = compound_scores(said, classes, units, weighted=self.weighted)
        return said

    def alike(self, other: Self) -> bool:
        """Whether both have the same outputs, of which the same metrics follow."""
        return all(
            getattr(self.spec, name) == getattr(other.spec, name) for name in ("heads", "action_units", "compounds")
        ) and all(
            getattr(self, name) == getattr(other, name) for name in ("every_action_unit", "zero_shot", "weighted")
        )


def _check(config: EvaluationConfig, network: NetworkSpec) -> None:
    if "identity" in network.heads:
        raise AffectError(
            "a model that tells people apart is judged by its own training run (metrics.parquet and report.html "
            "beside it), on pictures of the same people; jobs.evaluate judges expressions, valence, arousal and "
            "action units"
        )
    if config.thresholds is not None:
        if "action_units" not in network.heads:
            raise AffectError("thresholds are of action units, which the model does not output; leave thresholds out")
        if config.split != "validation":
            raise AffectError(
                f"thresholds are found on the validation split alone, not on {config.split}: figures on rows that "
                "chose the thresholds are too good. Use --split validation, then evaluate the model it leaves"
            )
    if config.zero_shot is None:
        return
    if "compound" in network.heads:
        raise AffectError("the model was trained on compound expressions and outputs them; leave zero_shot out")
    lacking = [head for head in ("valence_arousal", "expression", "action_units") if head not in network.heads]
    if lacking:
        raise AffectError(
            f"compound expressions without training follow from valence, expressions and action units; the model has "
            f"no {' or '.join(lacking)}; leave zero_shot out"
        )
    # Tells of a class whose score needs what the network has not.
    units, expressions = np.zeros((0, len(network.action_units))), np.zeros((0, 7))
    nothing = {"action_units": units, "expression": expressions, "valence_arousal": np.zeros((0, 2))}
    compound_scores(nothing, CLASSES[config.zero_shot], network.action_units)


def _rule(description: ModelDescription) -> str:
    if description.network.arcface is None:
        return "of the largest probability"
    how = description.settings.get("centres", "class-means")
    return f"of the nearest of the seven cluster centres by cosine, the centres being {how} (BMVC 2019, section 4 IV)"
