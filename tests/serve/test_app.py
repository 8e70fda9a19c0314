"""The application on a real Serve: deployed by the job, asked over HTTP, taken over by the next version."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from ray import serve
from typer.testing import CliRunner

from affect.errors import AffectError
from affect.faces import load_detector
from affect.media.pictures import decode_picture
from affect.models.files import load_model
from affect.models.predictor import Predictor, Recogniser
from affect.models.store import promote, resolve
from jobs import deploy
from serve.settings import ServeSettings
from serve.start import start
from tests.made_models import write_model
from tests.made_pictures import encode, rotated

pytestmark = pytest.mark.ray


@dataclass(frozen=True)
class Deployed:
    store: str
    url: str
    port: int

    def ask(self, body: bytes, media_type: str = "image/png") -> httpx.Response:
        return httpx.post(f"{self.url}/v1/faces", content=body, headers={"Content-Type": media_type}, timeout=60)

    def recogniser(self, version: str) -> Recogniser:
        network, description = load_model(resolve(self.store, "faces", version))
        return Recogniser(load_detector(description.preprocessing.detector), Predictor(network, description))


@pytest.fixture(scope="module")
def deployed(ray_cluster: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("serving")
    for seed in (1, 2):
        write_model(str(folder / f"model{seed}"), seed, recipe=f"made{seed}")
        promote(str(folder / f"model{seed}"), str(folder / "store"), "faces")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--name", "faces", "--store", str(folder / "store"), "--version", "1", "--port", str(port)]
    result = CliRunner().invoke(deploy.app, [*options, "--set", "limits.pixels=2000000"])
    assert result.exit_code == 0, result.output
    assert f"faces 0001 answers at http://127.0.0.1:{port}" in result.output
    yield Deployed(str(folder / "store"), f"http://127.0.0.1:{port}", port)
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
        assert set(answer) == {"model", "width", "height", "faces"}
        assert answer["model"] == {"name": "faces", "version": "0001"}
        assert (answer["width"], answer["height"]) == (512, 400), form
        assert_close(answer["faces"], recognise(decode_picture(body)), 1e-3)
        assert answer["faces"][0]["box"] == pytest.approx(upright["box"], abs=4), form


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
        assert_close(answer.json()["faces"], faces, 1e-3)


@pytest.mark.parametrize(
    ("media_type", "body", "status"),
    [
        ("image/jpeg", b"", 400),
        ("text/plain", b"hello", 415),
        ("image/jpeg", b"hello", 415),
        ("image/png", encode(np.zeros((90, 90, 3), np.uint8), "PNG")[:80], 422),
        ("image/png", encode(np.zeros((1500, 1500), np.uint8), "PNG"), 413),
        ("image/png", bytes(20_000_001), 413),
    ],
)
def test_bad_bodies_get_a_clear_4xx(deployed: Deployed, media_type: str, body: bytes, status: int) -> None:
    answer = deployed.ask(body, media_type)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json()["detail"]


def test_health_models_and_documentation_are_there(deployed: Deployed) -> None:
    health = httpx.get(f"{deployed.url}/healthz").json()
    assert health == {"status": "ok", "model": {"name": "faces", "version": "0001"}}
    (model,) = httpx.get(f"{deployed.url}/v1/models").json()["models"]
    assert (model["version"], model["trained_on"]) == ("0001", [{"corpus": "sample", "synthetic": True}])
    assert httpx.get(f"{deployed.url}/docs").status_code == 200
    assert httpx.get(f"{deployed.url}/nowhere").headers["content-type"] == "application/problem+json"


def test_another_port_is_refused_while_serve_is_up(deployed: Deployed) -> None:
    settings = ServeSettings(store=deployed.store, name="faces")
    with pytest.raises(AffectError, match=r"nothing listens at .*'serve shutdown'"):
        start(settings, "127.0.0.1", deployed.port + 1)
    assert httpx.get(f"{deployed.url}/healthz").status_code == 200


def test_an_unknown_name_changes_nothing(deployed: Deployed) -> None:
    with pytest.raises(AffectError, match="it holds: faces"):
        start(ServeSettings(store=deployed.store, name="nobody"), "127.0.0.1", deployed.port)
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
            url, model = start(ServeSettings(store=deployed.store, name="faces"), "127.0.0.1", deployed.port)
        finally:
            stop.set()
        for one in asking:
            one.result()  # raises where a connection was dropped
    assert (url, model) == (deployed.url, {"name": "faces", "version": "0002"})
    assert {answer.status_code for answer in answers} == {200}
    expected = {f"000{number}": deployed.recogniser(str(number))(astronaut) for number in (1, 2)}
    for answer in [*answers, deployed.ask(body)]:
        assert_close(answer.json()["faces"], expected[answer.json()["model"]["version"]], 1e-3)
    assert answers[0].json()["model"]["version"] == "0001"
    assert deployed.ask(body).json()["model"]["version"] == "0002"
