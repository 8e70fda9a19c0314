"""Specifications that make no network are refused, with the reason."""

from typing import Any

import pytest

from affect.errors import AffectError
from affect.networks import NetworkSpec


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"heads": []}, "at least one"),
        ({"heads": ["expression", "expression"]}, "once"),
        ({"action_units": [2, 1]}, "ascending"),
        ({"action_units": [1, 3]}, "among"),
        ({"action_units": []}, "to be named"),
        ({"heads": ["valence_arousal"], "arcface": {}}, "expression"),
        ({"arcface": {"margin": 3.2}}, "margin"),
        ({"embedding": 0}, "embedding"),
        ({"fully_connected": [0]}, "fully_connected"),
        ({"widht": 1}, "width"),
        ({"streams": []}, "at least one"),
        ({"streams": ["image", "sound"]}, "fusion joins two streams"),
        ({"fusion": {}}, "fusion joins two streams"),
        ({"streams": ["sound"], "landmarks": True}, "image stream"),
        ({"heads": ["compound"]}, "compound"),
        ({"identities": ["n1"]}, "identity head"),
        ({"heads": ["identity"], "identities": ["n1", "n1"]}, "once"),
        ({"compounds": ["awed"]}, "compound"),
        ({"heads": ["compound"], "compounds": ["happily awed"]}, "happily awed"),
        ({"recurrent": {"units": 0}}, "units"),
        ({"first_stride": 1}, "arc-res, not of vgg-face"),
        ({"residual_units": [1, 1, 1, 1]}, "arc-res, not of vgg-face"),
        ({"residual_unit": "resnet"}, "arc-res, not of vgg-face"),
        ({"encoder": "arc-res", "residual_units": [1, 1, 1]}, "residual_units"),
        ({"mirrored": True, "recurrent": {}}, "single pictures"),
        ({"mirrored": True, "landmarks": True}, "single pictures"),
    ],
)
def test_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(AffectError, match=reason):
        NetworkSpec.parse({"encoder": "vgg-face", **change})


@pytest.mark.parametrize(
    ("change", "takes"),
    [
        ({}, ["image"]),
        ({"streams": ["sound"], "recurrent": {}}, ["sound", "lengths"]),
        ({"streams": ["image", "sound"], "fusion": {}, "landmarks": True}, ["image", "sound", "landmarks", "lengths"]),
    ],
)
def test_says_what_it_takes(change: dict[str, Any], takes: list[str]) -> None:
    assert NetworkSpec.parse({"encoder": "vgg-face", **change}).takes == takes


def test_survives_yaml() -> None:
    spec = NetworkSpec.parse({"encoder": "arc-res", "embedding": 32, "arcface": {"margin": 1.0}})
    assert NetworkSpec.from_yaml(spec.to_yaml()) == spec
