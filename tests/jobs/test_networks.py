"""The command that shows the networks of the papers."""

import json

import pytest
from typer.testing import CliRunner

from affect.errors import AffectError
from jobs.networks import app


def show(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


@pytest.mark.parametrize("pattern", ["fbn2019", "fbn2019/*", "fbn2019/alexnet-*"])
def test_a_table_of_those_that_match(pattern: str) -> None:
    shown = show(pattern)
    assert "fbn2019/alexnet-va" in shown
    assert "57,012,034" in shown
    assert "0.71 G" in shown
    assert "face 224x224" in shown
    assert ("fbn2019/resnet-50-multi-task" in shown) == (pattern != "fbn2019/alexnet-*")
    assert "bmvc2019" not in shown


def test_one_network_whole() -> None:
    shown = show("bmvc2019/mt-arcres-expr")
    assert "Table 8 as mt-arcres" in shown
    assert "begins with: bmvc2019/mt-arcres" in shown
    assert "encoder: arc-res" in shown


def test_json() -> None:
    (name,) = (shown := json.loads(show("ext2018/densenet-gru", "--json")))
    assert name == "ext2018/densenet-gru"
    assert shown[name]["parameters"] == 7_496_322
    assert shown[name]["network"]["recurrent"]["cell"] == "gru"
    assert shown[name]["input"] == "face 96x96, sequences"


@pytest.mark.parametrize(
    ("pattern", "message"), [("bmvc2019/mt-vg", "did you mean 'bmvc2019/mt-vgg'"), ("*xyz*", "no network's name")]
)
def test_nothing_matches(pattern: str, message: str) -> None:
    with pytest.raises(AffectError, match=message):
        CliRunner().invoke(app, [pattern], catch_exceptions=False)
