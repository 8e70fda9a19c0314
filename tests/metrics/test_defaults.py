"""Each corpus's default metric."""

import numpy as np
import pytest

from affect.errors import AffectError
from affect.labels import EMOTIONET_COMPOUNDS
from affect.metrics import FrameMetrics
from affect.metrics.defaults import DEFAULTS, default_metrics
from affect.networks import NetworkSpec


def test_every_default_is_a_metric_of_its_output() -> None:
    spec = NetworkSpec(
        encoder="vgg-face",
        heads=("valence_arousal", "expression", "action_units", "compound"),
        compounds=EMOTIONET_COMPOUNDS,
    )
    targets = {
        "valence_arousal": np.zeros((2, 2)),
        "expression": np.array([1, 2]),
        "action_units": np.ones((2, 17)),
        "compound": np.array([0, -1]),
    }
    widths = {"valence_arousal": 2, "expression": 7, "action_units": 17, "compound": 16}
    for output, width in widths.items():
        metrics = FrameMetrics(spec.model_copy(update={"heads": (output,)}))
        metrics.update({output: np.ones((2, width))}, targets)
        named = {name for outputs in DEFAULTS.values() for name in getattr(outputs.get(output), "metrics", ())}
        assert named
        assert named <= metrics.compute().keys()
    assert {output for outputs in DEFAULTS.values() for output in outputs} == widths.keys()


@pytest.mark.parametrize(
    ("corpus", "output", "first"),
    [
        ("aff-wild2", "expression", "expression_macro_f1"),
        ("raf-db", "expression", "expression_mean_diagonal"),
        ("fer2013", "expression", "expression_accuracy"),
        ("emotionet", "action_units", "action_units_emotionet_score"),
    ],
)
def test_of_the_papers(corpus: str, output: str, first: str) -> None:
    assert len(DEFAULTS) == 13
    of_videos = {name for name, outputs in DEFAULTS.items() for one in outputs.values() if one.of == "videos"}
    assert of_videos == {"afew"}
    assert default_metrics(corpus, output).metrics[0] == first


@pytest.mark.parametrize(("corpus", "output"), [("raf_db", "expression"), ("raf-db", "expressions")])
def test_unknown_names(corpus: str, output: str) -> None:
    with pytest.raises(AffectError, match="did you mean"):
        default_metrics(corpus, output)
