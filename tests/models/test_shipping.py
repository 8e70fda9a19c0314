"""What is shipped answers as what was trained, in half the bytes; what must not be shipped is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from affect.errors import AffectError
from affect.models import shipping
from affect.models.files import TrainingData, digest_of, load_model
from affect.models.predictor import Predictor
from affect.models.shipping import ship
from affect.models.store import promote
from tests.made_models import describe, write_model
from tests.models.made_judgements import judgement

REAL = [TrainingData(corpus="fer2013", fingerprint="abc", synthetic=False)]


def test_half_the_bytes_and_the_same_answers(tmp_path: Path) -> None:
    source, folder = str(tmp_path / "run" / "model"), tmp_path / "shipped"
    spec = describe(size=48, arcface=True, heads=("expression",)).network.model_copy(update={"mirrored": True})
    settings = {"data": ["/machine/rows", "s3://bucket/rows/"], "seed": 3, "start": {"model": "stage:first"}}
    write_model(source, size=48, network=spec, data=REAL, settings=settings)
    facts = ship(str(tmp_path / "run"), str(folder), "faces", about="## Licence of the weights\nAs the data's.")
    assert 0 < facts["changed_by_half_precision"] < 0.01
    assert facts["onnx_off"] < 1e-4
    whole, half = (Path(place) / "model.safetensors" for place in (source, folder))
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    tensors = safetensors.torch.load_file(half)
    assert {tensor.dtype for tensor in tensors.values()} == {torch.float16, torch.int64}
    crops = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 3), np.uint8)
    for one, other in zip(*(Predictor(*load_model(str(place)))(crops) for place in (source, folder)), strict=True):
        assert one["expression"] == pytest.approx(other["expression"], abs=0.01)
    card = (folder / "card.md").read_text()
    assert card.endswith("## Licence of the weights\nAs the data's.\n")
    assert "fer2013" in card
    told = json.loads((folder / "model.json").read_text())
    assert told["data"][0]["corpus"] == "fer2013"
    assert told["settings"] == {"data": ["rows", "rows"], "seed": 3, "start": {"model": "stage:first"}}
    promote(str(folder), str(tmp_path / "store"), "mine")
    title, *text = (tmp_path / "store" / "mine" / "0001" / "card.md").read_text().splitlines()
    assert (title, text) == ("# mine 0001", card.splitlines()[1:])


def test_the_card_tells_an_evaluation_of_this_very_model(tmp_path: Path) -> None:
    source, folder = str(tmp_path / "model"), str(tmp_path / "shipped")
    write_model(source, size=48, arcface=True, heads=("expression",), data=REAL)
    with pytest.raises(AffectError, match="the evaluation is not of"):
        ship(source, folder, "faces", judgement(0.9, sha256="of another"))
    assert not (tmp_path / "shipped").exists()
    for judged in (source, folder):  # what is shipped twice is the same
        ship(source, folder, "faces", judgement(0.9, sha256=digest_of(judged)))
        assert "Judged on sample, validation" in (Path(folder) / "card.md").read_text()
        (Path(folder) / "card.md").unlink()


@pytest.mark.parametrize("data", [[], [TrainingData(corpus="sample", fingerprint="a", synthetic=True)]])
def test_only_what_learnt_from_people_is_shipped(tmp_path: Path, data: list[TrainingData]) -> None:
    write_model(str(tmp_path / "model"), size=48, data=data)
    with pytest.raises(AffectError, match="was trained on"):
        ship(str(tmp_path / "model"), str(tmp_path / "shipped"), "faces")
    assert not (tmp_path / "shipped").exists()


def test_what_is_too_large_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "MOST_BYTES", 10_000)
    write_model(str(tmp_path / "model"), size=48, arcface=True, heads=("expression",), data=REAL)
    with pytest.raises(AffectError, match="narrower network"):
        ship(str(tmp_path / "model"), str(tmp_path / "shipped"), "faces")
    assert not (tmp_path / "shipped").exists()
