"""What each corpus is judged by in the papers, by the output of a network."""

from dataclasses import dataclass
from typing import Literal

from affect.labels import EMOTIONET_ACTION_UNITS, FERA_2015_ACTION_UNITS, FERA_2017_ACTION_UNITS
from affect.networks.spec import Head


@dataclass(frozen=True)
class Default:
    """The metrics of one output, the one to compare by first, by their names in FrameMetrics; and who says so."""

    metrics: tuple[str, ...]
    source: str
    of: Literal["frames", "videos"] = "frames"
    """What has one label: evaluation.video gives the classes of videos."""


_CCC = ("valence_ccc", "arousal_ccc")
_BMVC = "BMVC 2019, section 4, Evaluation Metrics"
_FBN = "FaceBehaviorNet, section 4, Performance measures"
_BOTH = f"{_BMVC}; {_FBN}"

DEFAULTS: dict[str, dict[str, Default]] = {
    "aff-wild": {
        "valence_arousal": Default((*_CCC, "valence_mse", "arousal_mse"), f"IJCV 2019, section 4.1, eq 1-2; {_FBN}"),
    },
    "aff-wild2": {
        "valence_arousal": Default(_CCC, f"EXT 2018, eq 1; {_BOTH}"),
        "expression": Default(("expression_macro_f1",), _BOTH),
        "action_units": Default(("action_units_f1",), _BOTH),
    },
    "affectnet": {
        "valence_arousal": Default(_CCC, _BOTH),
        "expression": Default(("expression_macro_f1",), _BOTH),
    },
    "raf-db": {
        "expression": Default(("expression_mean_diagonal",), _BOTH),
        "compound": Default(("compound_mean_diagonal",), "FaceBehaviorNet, Table 7"),
    },
    "fer2013": {"expression": Default(("expression_accuracy",), _BMVC)},
    "imfdb": {"expression": Default(("expression_macro_f1",), _BMVC)},
    # BMVC Table 7 prints F1 only; FaceBehaviorNet names the score and prints its parts (Tables 5 and 7).
    "emotionet": {
        "action_units": Default(
            ("action_units_emotionet_score", "action_units_f1", "action_units_accuracy"),
            f"{_BOTH}; of the eleven action units that people annotated",
        ),
        "compound": Default(
            ("compound_emotionet_score", "compound_macro_f1", "compound_unweighted_average_recall"), _FBN
        ),
    },
    "disfa": {"action_units": Default(("action_units_f1",), _BOTH)},
    "bp4d": {"action_units": Default(("action_units_f1",), f"{_BOTH}; of FERA 2015's action units")},
    "bp4d-plus": {"action_units": Default(("action_units_f1",), f"{_BOTH}; of FERA 2017's action units")},
    "afew": {"expression": Default(("expression_accuracy",), f"IJCV 2019, section 5.2.1; {_FBN}", of="videos")},
    "afew-va": {
        "valence_arousal": Default(
            (*_CCC, "valence_pearson", "arousal_pearson"), f"{_BMVC}; IJCV 2019, section 5.1.2, Tables 16-17"
        ),
    },
    "recola": {"valence_arousal": Default(_CCC, "IJCV 2019, Table 15; EXT 2018, section IV.G")},
}

JUDGED_ACTION_UNITS: dict[str, tuple[int, ...]] = {
    "emotionet": EMOTIONET_ACTION_UNITS,
    "bp4d": FERA_2015_ACTION_UNITS,
    "bp4d-plus": FERA_2017_ACTION_UNITS,
}
"""Of corpora that have codes of more action units those that the papers judge on.

Both papers use BP4D and BP4D+ as the challenges did (BMVC 2019, section 4; FaceBehaviorNet, section 4). What is learnt
from is not so restricted: without BP4D's AU24 the "aggregate of action units in all datasets" would not be 17.
"""


OTHERWISE = "aff-wild2"
"""Where the papers do not say by what a corpus is judged, it is judged as this one, which has most outputs."""


def default_of(corpus: str, output: Head) -> Default:
    """What an output is judged by on ``corpus``; by OTHERWISE's where the papers do not say.

    The part of a corpus with compound expressions, raf-db-compound, is judged as the corpus.
    """
    known = DEFAULTS.get(corpus.removesuffix("-compound"), {})
    if output in known:
        return known[output]
    fallback = DEFAULTS[OTHERWISE] | {"compound": Default(("compound_macro_f1",), "")}
    return Default(fallback[output].metrics, f"not named for {corpus}; as {OTHERWISE}'s")


def less_is_better(metric: str) -> bool:
    """Whether a metric of FrameMetrics is an error; all others are the better the higher."""
    return metric.endswith("_mse")
