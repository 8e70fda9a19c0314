"""Predictor and Recogniser say what the network says, by name, and nothing it was not trained for."""

from pathlib import Path

import numpy as np
import pytest
import skimage.data
import torch

from affect.faces import load_detector
from affect.faces.alignment import align
from affect.labels import EXPRESSIONS
from affect.media.pictures import decode_jpeg, encode_jpeg
from affect.models.files import Thresholds, load_model
from affect.models.predictor import Predictor, Recogniser
from affect.networks.inputs import to_input
from affect.networks.spec import Head
from tests.made_models import write_model


def predictor(folder: Path, batch: int = 64, **changes: object) -> Predictor:
    write_model(str(folder), **changes)
    return Predictor(*load_model(str(folder)), batch=batch)


@pytest.mark.parametrize("arcface", [False, True])
@pytest.mark.parametrize(("faces", "batch"), [(1, 64), (5, 2), (4, 2)])
def test_predictions_are_the_networks(tmp_path: Path, arcface: bool, faces: int, batch: int) -> None:
    ask = predictor(tmp_path, batch, arcface=arcface)
    crops = np.random.default_rng(0).integers(0, 256, (faces, 96, 96, 3), dtype=np.uint8)
    network, description = load_model(str(tmp_path))
    stored = np.stack([decode_jpeg(encode_jpeg(crop, description.preprocessing.jpeg_quality)) for crop in crops])
    with torch.inference_mode():
        expected = network.predict({"image": to_input(torch.from_numpy(stored))})
        embedding = network({"image": to_input(torch.from_numpy(stored))})["embedding"]
    predictions = ask(crops, embedding=True)
    assert len(predictions) == faces
    for row, prediction in enumerate(predictions):
        assert list(prediction["expression"]) == list(EXPRESSIONS)
        assert list(prediction["action_units"]) == ["AU1", "AU4", "AU12"]
        assert [*prediction["expression"].values()] == pytest.approx(expected["expression"][row].tolist(), abs=1e-5)
        assert [*prediction["action_units"].values()] == pytest.approx(expected["action_units"][row].tolist(), abs=1e-5)
        assert [prediction["valence"], prediction["arousal"]] == pytest.approx(
            expected["valence_arousal"][row].tolist(), abs=1e-5
        )
        assert sum(prediction["expression"].values()) == pytest.approx(1, abs=1e-5)
        assert prediction["embedding"] == pytest.approx(embedding[row].tolist(), abs=1e-4)


@pytest.mark.parametrize(
    ("heads", "keys"),
    [
        (("valence_arousal",), {"valence", "arousal"}),
        (("expression",), {"expression"}),
        (("compound",), {"compound"}),
        (("action_units", "valence_arousal"), {"action_units", "active_action_units", "valence", "arousal"}),
    ],
)
def test_only_what_was_trained_is_said(tmp_path: Path, heads: tuple[Head, ...], keys: set[str]) -> None:
    (prediction,) = predictor(tmp_path, heads=heads)(np.zeros((1, 96, 96, 3), np.uint8))
    assert set(prediction) == keys


@pytest.mark.parametrize("own", [{}, {"AU4": 0.0, "AU12": 1.0}])
def test_active_are_those_that_reach_the_models_threshold(tmp_path: Path, own: dict[str, float]) -> None:
    told = Thresholds(action_units=own, criterion="f1", found_on="made") if own else None
    (prediction,) = predictor(tmp_path, thresholds=told)(np.zeros((1, 96, 96, 3), np.uint8))
    limits = {name: own.get(name, 0.5) for name in prediction["action_units"]}
    assert prediction["active_action_units"] == [
        name for name, probability in prediction["action_units"].items() if probability >= limits[name]
    ]
    assert not own or "AU4" in prediction["active_action_units"]


def test_no_crops_no_predictions(tmp_path: Path) -> None:
    assert predictor(tmp_path)(np.empty((0, 96, 96, 3), np.uint8)) == []


def test_a_whole_picture(tmp_path: Path) -> None:
    ask = predictor(tmp_path)
    settings = ask.description.preprocessing
    detector = load_detector(settings.detector)
    picture = skimage.data.astronaut()
    (face,) = Recogniser(detector, ask)(picture)
    (landmarks,) = detector(picture).landmarks
    (expected,) = ask(align(picture, landmarks, settings.alignment)[None])
    for key in ("expression", "action_units"):
        assert face[key] == pytest.approx(expected[key], abs=1e-5)
    assert (face["valence"], face["arousal"]) == pytest.approx((expected["valence"], expected["arousal"]), abs=1e-5)
    assert set(face) == {"track_id", "box", "score", "landmarks", *expected}
    x, y, width, height = face["box"]
    for point in face["landmarks"]:
        assert x < point[0] < x + width
        assert y < point[1] < y + height
    assert face["track_id"] == 0


def test_a_picture_without_a_face(tmp_path: Path) -> None:
    ask = predictor(tmp_path)
    recognise = Recogniser(load_detector(ask.description.preprocessing.detector), ask)
    assert recognise(np.full((120, 160, 3), 127, np.uint8)) == []
