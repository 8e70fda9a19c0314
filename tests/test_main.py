"""One command for a picture or a video: what it prints and writes is what the model says elsewhere."""

import csv
import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage
from typer.testing import CliRunner, Result

from affect.__main__ import app
from affect.errors import AffectError
from affect.faces import load_detector
from affect.faces.alignment import align
from affect.media.pictures import decode_picture
from affect.media.video import frames, probe
from affect.models import shipped
from affect.models.asking import Asker
from affect.models.files import Thresholds, load_model
from affect.models.predictor import Predictor
from affect.models.shipped import DEFAULT
from affect.networks.spec import Head
from affect.watching.video import WatchedVideo
from tests.made_media import make_video, portrait
from tests.made_models import write_model

ASTRONAUT = Path(skimage.__file__).parent / "data" / "astronaut.png"


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The model that is asked where none is named."""
    monkeypatch.setattr(shipped, "FOLDER", tmp_path / "shipped")
    folder = str(tmp_path / "shipped" / DEFAULT)
    write_model(folder, size=48, arcface=True, heads=("expression",))
    return folder


def call(*arguments: str) -> Result:
    result = CliRunner(env={"COLUMNS": "160"}).invoke(app, arguments)
    if isinstance(result.exception, AffectError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def test_a_picture(model: str, tmp_path: Path) -> None:
    (face,) = json.loads(call(str(ASTRONAUT), "--json").output)["faces"]
    network, description = load_model(model)
    picture = decode_picture(ASTRONAUT.read_bytes())
    (landmarks,) = load_detector(description.preprocessing.detector)(picture).landmarks
    crop = align(picture, landmarks, description.preprocessing.alignment)
    assert face["expression"] == Predictor(network, description)(crop[None])[0]["expression"]
    told = call(str(ASTRONAUT), "--out", str(tmp_path / "out")).output
    assert "1 face" in told
    assert "does not give valence and arousal nor action units" in told
    assert "synthetic" in told  # what the made model was trained on
    for value in face["expression"].values():
        assert f"{value:.2f}" in told
    drawn = decode_picture((tmp_path / "out" / "astronaut.annotated.jpg").read_bytes())
    assert drawn.shape == picture.shape


def test_the_shipped_model_sees_a_smile() -> None:
    told = json.loads(call(str(ASTRONAUT), "--json").output)
    (face,) = told["faces"]
    assert max(face["expression"], key=lambda name: face["expression"][name]) == "happiness"
    assert told["not_given"] == ["valence_arousal", "action_units"]


def test_a_video(model: str, tmp_path: Path) -> None:
    face = portrait(150)
    pictures = [np.full((160, 240, 3), 90, np.uint8) for _ in range(9)]
    for number, picture in enumerate(pictures[:6]):
        picture[5:155, 20 + 4 * number : 170 + 4 * number] = face
    path = make_video(tmp_path / "clip.mp4", pictures, 20)
    told = call(str(path), "--out", str(tmp_path / "out")).output
    assert "9 frames" in told
    assert "clip.annotated.mp4" in told
    lines = list(csv.DictReader(io.StringIO((tmp_path / "out" / "clip.csv").read_text())))
    network, description = load_model(model)
    with WatchedVideo(path, Asker(network, description), load_detector(description.preprocessing.detector)) as watched:
        answers = list(watched)
    assert [line["success"] for line in lines] == [str(len(answer["faces"])) for answer in answers]
    assert "1" in {line["success"] for line in lines}
    for line, answer in zip(lines, answers, strict=True):
        for one in answer["faces"]:
            assert float(line["p_sadness"]) == one["expression"]["sadness"]
            assert line["expression"] == max(one["expression"], key=lambda name: one["expression"][name])
    annotated = tmp_path / "out" / "clip.annotated.mp4"
    drawn, shown = list(frames(annotated)), list(frames(path))
    assert (probe(annotated).width, probe(annotated).height) == (240, 160)
    assert [frame.time_s for frame in drawn] == pytest.approx([frame.time_s for frame in shown], abs=1e-4)
    for frame, original, answer in zip(drawn, shown, answers, strict=True):
        changed = cv2.absdiff(frame.picture, original.picture).max(axis=2) > 60
        assert bool(changed.any()) == bool(answer["faces"])


@pytest.mark.parametrize("name", ["picture.png", "clip.mp4"])
def test_json_stands_alone(model: str, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    if name == "picture.png":
        file.write_bytes(ASTRONAUT.read_bytes())
    else:
        make_video(file, [np.full((160, 240, 3), 90, np.uint8)] * 3, 20)
    result = call(str(file), "--json", "--out", str(tmp_path / "out"))
    assert set(json.loads(result.stdout)) == {"not_given", "faces" if name == "picture.png" else "summary"}
    assert f"{file.stem}.annotated" in result.stderr


@pytest.mark.parametrize(
    ("heads", "columns"),
    [
        (("expression",), ["most frames show"]),
        (("compound", "identity"), ["compound expression"]),
        (("valence_arousal",), ["valence", "arousal"]),
        (("action_units",), ["action units"]),
    ],
)
def test_every_output_is_told_of_pictures_and_videos(
    tmp_path: Path, heads: tuple[Head, ...], columns: list[str]
) -> None:
    limits = Thresholds(action_units={"AU1": 0.0, "AU4": 1.0, "AU12": 0.0}, criterion="f1", found_on="made")
    network = write_model(str(tmp_path / "model"), size=48, heads=heads, thresholds=limits).network
    path = make_video(tmp_path / "clip.mp4", [np.pad(portrait(150), ((5, 5), (40, 40), (0, 0)))] * 4, 20)
    for file in (ASTRONAUT, path):
        told = call(str(file), "--model", str(tmp_path / "model"), "--out", str(tmp_path)).output
        names = network.names(heads[0])
        assert any(name in told for name in names)
        assert "Zoltan" not in told
        if file == path:
            assert all(column in told for column in columns)
        if "action_units" in heads:  # by the model's own thresholds, which no default one comes to
            assert "AU1 AU12" in told


@pytest.mark.parametrize(
    ("file", "said"), [("nowhere.jpg", "does not exist"), ("empty.jpg", "empty"), ("text.mp4", "text.mp4")]
)
def test_what_cannot_be_read_is_told(model: str, tmp_path: Path, file: str, said: str) -> None:
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(AffectError, match=said):
        call(str(tmp_path / file), "--out", str(tmp_path))
    assert not list(tmp_path.glob("*.csv"))
