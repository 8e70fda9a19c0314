"""Each corpus's default metric."""

import numpy as np
import pytest

from affect.labels import EMOTIONET_COMPOUNDS
from affect.metrics import FrameMetrics
from affect.metrics.defaults import DEFAULTS, default_of
from affect.networks import NetworkSpec
from affect.networks.spec import Head


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
def test_of_the_papers(corpus: str, output: Head, first: str) -> None:
    assert len(DEFAULTS) == 13
    of_videos = {name for name, outputs in DEFAULTS.items() for one in outputs.values() if one.of == "videos"}
    assert of_videos == {"afew"}
    assert default_of(corpus, output).metrics[0] == first


@pytest.mark.parametrize(
    ("corpus", "output", "metric"),
    [
        ("own", "expression", "expression_macro_f1"),
        ("fer2013", "action_units", "action_units_f1"),
        ("aff-wild2", "compound", "compound_macro_f1"),
    ],
)
def test_where_the_papers_do_not_say(corpus: str, output: Head, metric: str) -> None:
    default = default_of(corpus, output)
    assert default.metrics == (metric,)
    assert default.source == f"not named for {corpus}; as aff-wild2's"


def test_compound_part_is_judged_as_the_corpus() -> None:
    assert default_of("raf-db-compound", "compound") == DEFAULTS["raf-db"]["compound"]
