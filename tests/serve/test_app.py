"""The application on a real Serve: deployed by the job, asked over HTTP, taken over by the next version."""

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import skimage.data
import torch
from numpy.typing import NDArray
from ray import serve
from ray.serve.config import HTTPOptions
from typer.testing import CliRunner
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from affect.__main__ import app as command
from affect.corpora import open_corpus
from affect.errors import AffectError
from affect.evaluation.predicting import FramePredictor
from affect.evaluation.settings import EvaluationConfig
from affect.faces import load_detector
from affect.interface.client import Client
from affect.labels import EXPRESSIONS
from affect.media.pictures import decode_picture
from affect.models.asking import Asker
from affect.models.files import load_model
from affect.models.predictor import Predictor, Recogniser, crops
from affect.models.shipped import find_model
from affect.models.store import promote, resolve
from affect.networks.spec import Recurrent
from affect.preprocessing.clip import preprocess_clip
from affect.samples import list_faces
from affect.watching.session import Session
from affect.watching.video import WatchedVideo
from jobs import deploy
from serve.app import app
from serve.listening import listening_host
from serve.settings import ServeSettings
from serve.start import start
from tests.made_media import make_video
from tests.made_models import describe, write_model
from tests.made_pictures import encode, rotated
from tests.serve.file_server import FileServer, file_server
from tests.watching.made_watching import pictures

pytestmark = pytest.mark.ray


@dataclass(frozen=True)
class Deployed:
    store: str
    url: str
    port: int
    files: FileServer
    """From where it may fetch."""

    def ask(self, body: bytes, media_type: str = "image/png", query: str = "") -> httpx.Response:
        return httpx.post(f"{self.url}/v1/faces{query}", content=body, headers={"Content-Type": media_type}, timeout=60)

    def settings(self, *models: str) -> ServeSettings:
        # Measured too, but only what is ready at once.
        return ServeSettings(store=self.store, models=models, follow_s=1, measure_s=0.2)

    def recogniser(self, version: str, name: str = "faces") -> Recogniser:
        network, description = load_model(resolve(self.store, name, version))
        return Recogniser(load_detector(description.preprocessing.detector), Predictor(network, description))


@pytest.fixture(scope="module")
def deployed(ray_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("serving")
    for seed, name in ((1, "faces"), (2, "faces"), (3, "points")):
        write_model(str(folder / f"model{seed}"), seed, recipe=f"made{seed}", arcface=name == "points")
        promote(str(folder / f"model{seed}"), str(folder / "store"), name)
    recurrent = describe(arcface=True).network.model_copy(update={"arcface": None, "recurrent": Recurrent(units=64)})
    write_model(str(folder / "model4"), 4, recipe="made4", network=recurrent)
    promote(str(folder / "model4"), str(folder / "store"), "sequences")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    promote(find_model(), str(folder / "store"), "people")
    names = [argument for name in ("faces@1", "points", "sequences", "people") for argument in ("--name", name)]
    options = [*names, "--store", str(folder / "store"), "--port", str(port)]
    with file_server("127.0.0.1", {}) as files:
        for setting in (
            "limits.pixels=2000000", "runtime=onnxruntime",
            f"sources.allowed=[{files.url}/clips]", "sources.networks=[127.0.0.1]",
        ):  # fmt: skip
            options += ["--set", setting]
        result = CliRunner().invoke(deploy.app, options)
        assert result.exit_code == 0, result.output
        for name in ("faces", "points", "sequences", "people"):
            assert f"{name} 0001 answers at http://127.0.0.1:{port}" in result.output
        yield Deployed(str(folder / "store"), f"http://127.0.0.1:{port}", port, files)
        serve.shutdown()


@pytest.fixture(scope="module")
def astronaut() -> NDArray[np.uint8]:
    picture: NDArray[np.uint8] = skimage.data.astronaut()[:400]  # not square, so that a wrong turn shows
    return picture


def assert_close(answer: Any, expected: Any, tolerance: float) -> None:
    """The same keys and lengths all through, and numbers no further apart than ``tolerance``."""
    if isinstance(expected, dict):
        assert answer.keys() == expected.keys()
        for key, value in expected.items():
            assert_close(answer[key], value, tolerance)
    elif isinstance(expected, list):
        assert len(answer) == len(expected)
        for one, other in zip(answer, expected, strict=True):
            assert_close(one, other, tolerance)
    else:
        assert answer == pytest.approx(expected, abs=tolerance)


def test_every_form_of_a_picture_gives_what_the_library_says(deployed: Deployed, astronaut: NDArray[np.uint8]) -> None:
    grey = np.dot(astronaut, (0.299, 0.587, 0.114)).round().astype(np.uint8)
    alpha = np.full(astronaut.shape[:2], 255, np.uint8)
    bodies = {
        "jpeg": ("image/jpeg", encode(astronaut, "JPEG", quality=95)),
        "png": ("image/png", encode(astronaut, "PNG")),
        "webp": ("image/webp", encode(astronaut, "WEBP", quality=95)),
        "turned right": ("image/jpeg", rotated(astronaut, 8, -1)),
        "turned left": ("image/jpeg", rotated(astronaut, 6, 1)),
        "upside down": ("image/jpeg", rotated(astronaut, 3, 2)),
        "grey": ("image/png", encode(grey, "PNG")),
        "transparent": ("image/png", encode(np.dstack([astronaut, alpha]), "PNG")),
    }
    recognise = deployed.recogniser("1")
    (upright,) = recognise(astronaut)
    for form, (media_type, body) in bodies.items():
        response = deployed.ask(body, media_type)
        assert response.status_code == 200, (form, response.text)
        answer = response.json()
        assert set(answer) == {"model", "not_given", "width", "height", "faces"}
        assert answer["model"] == {"name": "faces", "version": "0001"}
        assert (answer["width"], answer["height"]) == (512, 400), form
        assert_close(answer["faces"], recognise(decode_picture(body)), 1e-3)
        assert answer["faces"][0]["box"] == pytest.approx(upright["box"], abs=4), form


def test_the_shipped_model_answers_alike_by_command_by_evaluation_and_over_http(
    deployed: Deployed, astronaut: NDArray[np.uint8], tmp_path: Path
) -> None:
    (tmp_path / "pictures").mkdir()
    file = tmp_path / "pictures" / "astronaut.png"
    file.write_bytes(encode(astronaut, "PNG"))
    printed = json.loads(CliRunner().invoke(command, [str(file), "--json"]).output)
    (by_command,) = printed["faces"]
    answer = deployed.ask(file.read_bytes(), query="?model=people").json()
    (over_http,) = answer["faces"]
    network, description = load_model(find_model())
    corpus, rows = open_corpus("folder", str(file.parent)), str(tmp_path / "rows")
    settings = description.preprocessing
    (clip,) = corpus.clips()
    preprocess_clip(corpus, clip, rows, settings, load_detector(settings.detector))
    config = EvaluationConfig(model=find_model(), data=(rows,))
    evaluated = FramePredictor(network, description, config, torch.device("cpu"))(list_faces(rows)).to_pylist()
    expected = {name: evaluated[0][f"p_{name}"] for name in EXPRESSIONS}
    assert len(evaluated) == 1
    for face in (by_command, over_http):
        assert_close(face["expression"], expected, 1e-3)
        assert not {"valence", "arousal", "action_units"} & face.keys()
    for told in (printed, answer, httpx.get(f"{deployed.url}/v1/models/people").json()):
        assert told["not_given"] == ["valence_arousal", "action_units"]
    card = httpx.get(f"{deployed.url}/v1/models/people/card").text
    assert "Judged on fer2013" in card
    assert "## Of the weights' licence" in card


@pytest.mark.parametrize("model", ["faces", "sequences"])
def test_videos_at_once_and_live_frames_are_answered_as_by_the_library(
    model: str, deployed: Deployed, tmp_path: Path
) -> None:
    clip = make_video(tmp_path / "clip.mp4", pictures(20), 20)
    network, description = load_model(resolve(deployed.store, model, "1"))
    asker, detector = Asker(network, description), load_detector(description.preprocessing.detector)
    with WatchedVideo(clip, asker, detector) as watched:
        expected = list(watched)
    client = Client(deployed.url)
    deployed.files.files["clip.mp4"] = clip.read_bytes()
    ways: list[dict[str, Any]] = [{"file": clip}, {"uri": f"{deployed.files.url}/clips/clip.mp4"}]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda given: list(client.video(**given, model=model)), ways))
    for answer in answers:
        assert_close(answer, expected, 1e-3)
    session = Session(description, detector)
    shown = [(number / 20, picture) for number, picture in enumerate(pictures(4))]
    live = client.live([(encode(picture, "PNG"), time_s) for time_s, picture in shown], model=model)
    for (time_s, picture), said in zip(shown, live, strict=True):
        told = dict(said)
        assert told.pop("model") == {"name": model, "version": "0001"}
        assert (told.pop("width"), told.pop("height")) == (300, 160)
        assert_close(told, session.answer(picture, time_s, asker), 1e-3)
    with pytest.raises(InvalidStatus, match="403"):
        connect(f"{deployed.url.replace('http', 'ws')}/v1/live", origin=Origin("https://example.org"), open_timeout=60)


def test_pictures_asked_at_once_keep_their_answers(deployed: Deployed, astronaut: NDArray[np.uint8]) -> None:
    pictures = [
        np.full((120, 160, 3), 90, np.uint8),
        astronaut,
        np.hstack([astronaut, astronaut[:, ::-1]]),
        astronaut[:300, 60:400],
    ]
    recognise = deployed.recogniser("1")
    expected = [recognise(picture) for picture in pictures]
    assert [len(faces) for faces in expected] == [0, 1, 2, 1]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(deployed.ask, [encode(picture, "PNG") for picture in pictures * 3]))
    for answer, faces in zip(answers, expected * 3, strict=True):
        assert answer.status_code == 200, answer.text
        assert_close(answer.json()["faces"], faces, 1e-3)


@pytest.mark.parametrize(
    ("media_type", "body", "status"),
    [
        ("image/jpeg", b"", 400),
        ("text/plain", b"hello", 415),
        ("image/png", encode(np.zeros((1500, 1500), np.uint8), "PNG"), 413),
        ("image/png", bytes(20_000_001), 413),
    ],
)
def test_bad_bodies_get_a_clear_4xx(deployed: Deployed, media_type: str, body: bytes, status: int) -> None:
    answer = deployed.ask(body, media_type)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["detail"]


def test_health_models_and_documentation_are_there(deployed: Deployed) -> None:
    assert httpx.get(f"{deployed.url}/healthz").json() == {"status": "ok"}
    named = [{"name": name, "version": "0001"} for name in ("faces", "points", "sequences", "people")]
    assert httpx.get(f"{deployed.url}/readyz").json() == {"status": "ok", "models": named}
    model, *_ = httpx.get(f"{deployed.url}/v1/models").json()["models"]
    assert (model["version"], model["trained_on"]) == ("0001", [{"corpus": "sample", "synthetic": True}])
    assert model["runtime"] == {"name": "onnxruntime", "precision": "float32", "measured": [], "left_out": []}
    assert httpx.get(f"{deployed.url}/v1/models/faces").json()["versions"] == ["0001", "0002"]
    assert httpx.get(f"{deployed.url}/v1/models/points/card").text.startswith("# points 0001")
    assert httpx.get(f"{deployed.url}/docs").status_code == 200
    assert httpx.get(f"{deployed.url}/nowhere").headers["content-type"] == "application/problem+json"


def test_models_are_asked_by_name_and_give_embeddings(deployed: Deployed, astronaut: NDArray[np.uint8]) -> None:
    body = encode(astronaut, "PNG")
    queries = ["?model=points&embedding=true", "?model=faces", "?embedding=true"]
    with ThreadPoolExecutor(6) as pool:  # those of several models meet in one batch
        answers = [answer.json() for answer in pool.map(lambda query: deployed.ask(body, query=query), queries * 2)]
    for (query, name), answer in zip(
        [*zip(queries, ["points", "faces", "faces"], strict=True)] * 2, answers, strict=True
    ):
        assert answer["model"] == {"name": name, "version": "0001"}
        recognise = deployed.recogniser("1", name)
        (face,) = answer["faces"]
        assert ("embedding" in face) == ("embedding" in query)
        found = recognise.detector(astronaut)
        alignment = recognise.predictor.description.preprocessing.alignment
        expected = recognise.predictor(crops(astronaut, found, alignment), embedding="embedding" in query)
        assert_close({key: face[key] for key in expected[0]}, expected[0], 1e-3)


def test_the_interface_knows_where_serve_listens(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listening_host() == "127.0.0.1"
    with pytest.raises(AffectError, match="listens at 10.0.0.7"):
        start(deployed.settings("faces"), HTTPOptions(host="10.0.0.7", port=deployed.port))
    monkeypatch.setattr("serve.app.listening_host", lambda: "10.0.0.8")
    with pytest.raises(AffectError, match="listens at 10.0.0.8"):
        app(deployed.settings("faces"))


def test_another_port_is_refused_while_serve_is_up(deployed: Deployed) -> None:
    with pytest.raises(AffectError, match=r"nothing listens at .*'serve shutdown'"):
        start(deployed.settings("faces"), HTTPOptions(port=deployed.port + 1))
    assert httpx.get(f"{deployed.url}/healthz").status_code == 200


def test_an_unknown_name_changes_nothing(deployed: Deployed) -> None:
    with pytest.raises(AffectError, match="it holds: faces"):
        start(deployed.settings("nobody"), HTTPOptions(port=deployed.port))
    assert httpx.get(f"{deployed.url}/healthz").status_code == 200


def test_the_next_version_takes_over_and_no_request_is_dropped(
    deployed: Deployed, astronaut: NDArray[np.uint8]
) -> None:
    body = encode(astronaut, "PNG")
    answers: list[httpx.Response] = []
    stop = threading.Event()

    def keep_asking() -> None:
        while not stop.is_set():
            answers.append(deployed.ask(body))

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(keep_asking) for _ in range(2)]
        try:
            url, models = start(deployed.settings("faces", "points"), HTTPOptions(port=deployed.port))
        finally:
            stop.set()
        for one in asking:
            one.result()  # raises where a connection was dropped
    assert (url, models[0]) == (deployed.url, {"name": "faces", "version": "0002"})
    assert {answer.status_code for answer in answers} == {200}
    expected = {f"000{number}": deployed.recogniser(str(number))(astronaut) for number in (1, 2)}
    for answer in [*answers, deployed.ask(body)]:
        assert_close(answer.json()["faces"], expected[answer.json()["model"]["version"]], 1e-3)
    assert answers[0].json()["model"]["version"] == "0001"
    assert deployed.ask(body).json()["model"]["version"] == "0002"
    runtime = httpx.get(f"{deployed.url}/v1/models/faces").json()["runtime"]
    assert {one["name"] for one in runtime["measured"]} == {"eager", "channels-last"}
    assert runtime["name"] == runtime["measured"][0]["name"]
    assert {one["name"] for one in runtime["left_out"]} == {"onnxruntime", "compiled"}


def test_a_promoted_version_is_followed_and_no_request_is_dropped(
    deployed: Deployed, astronaut: NDArray[np.uint8], tmp_path: Path
) -> None:
    body = encode(astronaut, "PNG")
    write_model(str(tmp_path / "model"), 5, recipe="made5", arcface=True)
    before = httpx.get(f"{deployed.url}/v1/models/points").json()
    promote(str(tmp_path / "model"), deployed.store, "points")
    answers = [deployed.ask(body, query="?model=points")]
    while answers[-1].json()["model"]["version"] == "0001":
        assert len(answers) < 200
        answers.append(deployed.ask(body, query="?model=points"))
    assert {answer.status_code for answer in answers} == {200}
    assert_close(answers[-1].json()["faces"], deployed.recogniser("2", "points")(astronaut), 1e-3)
    after = httpx.get(f"{deployed.url}/v1/models/points").json()
    assert after["version"] == "0002"
    assert (after["runtime"]["name"], after["runtime"]["measured"]) == (before["runtime"]["name"], [])
    assert deployed.ask(body).json()["model"] == {"name": "faces", "version": "0002"}
