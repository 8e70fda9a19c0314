"""The interface alone, in this process: what it takes, what it refuses and how it says so."""

import re
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI, HTTPException
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from serve.answers import Answer, Problem, ServedModel
from serve.body import decode_body
from serve.http import build_api
from serve.model import served_model
from serve.settings import Limits
from tests.made_models import describe
from tests.made_pictures import encode

LIMITS = Limits(bytes=300_000, pixels=300_000)


async def recognise(picture: NDArray[np.uint8]) -> Answer:
    if picture.shape[0] == 13:
        raise RuntimeError("secret inner workings")
    height, width = picture.shape[:2]
    return {"model": {"name": "made", "version": "0001"}, "width": width, "height": height, "faces": []}


async def describe_model() -> ServedModel:
    return served_model("made", "0001", describe())


@contextmanager
def asked(api: FastAPI) -> Iterator[httpx.Client]:
    """A client of ``api``, which listens at a free port of this machine."""
    server = uvicorn.Server(uvicorn.Config(api, port=0, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        yield client
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with asked(build_api(recognise, describe_model, LIMITS)) as client:
        yield client


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG with any size in its header, whatever its data."""
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", data), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


SMALL = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
JPEG, PNG, WEBP = encode(SMALL, "JPEG"), encode(SMALL, "PNG"), encode(SMALL, "WEBP")

BAD = {
    "empty": ("image/jpeg", b"", 400),
    "no content type": ("", JPEG, 415),
    "a form": ("application/x-www-form-urlencoded", JPEG, 415),
    "another content type": ("image/gif", JPEG, 415),
    "text": ("image/jpeg", b"not a picture", 415),
    "one byte": ("image/png", b"\xff", 415),
    "a gif that says it is a jpeg": ("image/jpeg", encode(SMALL, "GIF"), 415),
    "a bmp that says it is a png": ("image/png", encode(SMALL, "BMP"), 415),
    "svg": ("image/png", b'<svg xmlns="http://www.w3.org/2000/svg"/>', 415),
    "zeros": ("image/webp", bytes(5000), 415),
    "only a signature": ("image/png", PNG[:8], 422),
    "truncated jpeg": ("image/jpeg", JPEG[: len(JPEG) // 2], 422),
    "truncated png": ("image/png", PNG[: len(PNG) // 2], 422),
    "truncated webp": ("image/webp", WEBP[: len(WEBP) // 2], 422),
    "png without data": ("image/png", png(8, 8), 422),
    "png with wrong data": ("image/png", png(8, 8, b"abc"), 422),
    "png of no size": ("image/png", png(0, 0), 422),
    "png of no height": ("image/png", png(8, 0), 422),
    "too many bytes": ("image/jpeg", JPEG + bytes(LIMITS.bytes), 413),
    "too many pixels": ("image/png", encode(np.zeros((600, 600, 3), np.uint8), "PNG"), 413),
    "a bomb": ("image/png", png(60_000, 60_000), 413),
    "the largest bomb": ("image/png", png(2**31 - 1, 2**31 - 1), 413),
}


@pytest.mark.parametrize(("media_type", "body", "status"), BAD.values(), ids=BAD.keys())
def test_bad_bodies_get_a_clear_4xx(client: httpx.Client, media_type: str, body: bytes, status: int) -> None:
    answer = client.post("/v1/faces", content=body, headers={"Content-Type": media_type} if media_type else {})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    problem = Problem.model_validate(answer.json())
    assert problem.status == status
    assert problem.instance == "/v1/faces"
    assert len(problem.detail) > 20


def test_a_stream_without_length_is_stopped_at_the_limit(client: httpx.Client) -> None:
    parts = (bytes(10_000) for _ in range(100))
    assert client.post("/v1/faces", content=parts, headers={"Content-Type": "image/jpeg"}).status_code == 413


@pytest.mark.parametrize("body", [JPEG, PNG, WEBP], ids=["jpeg", "png", "webp"])
@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "IMAGE/WebP; q=1"])
def test_the_form_is_read_from_the_picture_itself(client: httpx.Client, body: bytes, media_type: str) -> None:
    answer = client.post("/v1/faces", content=body, headers={"Content-Type": media_type})
    assert answer.status_code == 200
    assert answer.json() == {"model": {"name": "made", "version": "0001"}, "width": 64, "height": 48, "faces": []}


@pytest.mark.parametrize(("size", "status"), [((1, 1), 200), ((500, 600), 200), ((501, 600), 413)])
def test_sizes_up_to_the_limit_are_taken(client: httpx.Client, size: tuple[int, int], status: int) -> None:
    body = encode(np.zeros((*size, 3), np.uint8), "PNG")
    assert client.post("/v1/faces", content=body, headers={"Content-Type": "image/png"}).status_code == status


@settings(max_examples=200, deadline=None)
@given(
    body=st.sampled_from([JPEG, PNG, WEBP]),
    edits=st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=8)), min_size=1, max_size=4),
)
def test_damaged_pictures_are_read_or_refused(body: bytes, edits: list[tuple[int, bytes]]) -> None:
    damaged = bytearray(body)
    for place, data in edits:
        damaged[place : place + len(data)] = data
    try:
        picture = decode_body(bytes(damaged), LIMITS)
    except HTTPException as error:
        assert error.status_code in {413, 415, 422}  # noqa: PT017  # either way is right
    else:
        assert picture.dtype == np.uint8
        assert picture.shape[2] == 3
        assert picture.size <= 3 * LIMITS.pixels


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/nothing", 404), ("GET", "/v1/faces", 405), ("DELETE", "/healthz", 405)]
)
def test_other_faults_are_problems_too(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert Problem.model_validate(answer.json()).status == status


def test_a_fault_of_the_server_keeps_its_inner_workings(client: httpx.Client) -> None:
    body = encode(np.zeros((13, 8, 3), np.uint8), "PNG")
    answer = client.post("/v1/faces", content=body, headers={"Content-Type": "image/png"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in answer.text


def test_models(client: httpx.Client) -> None:
    (model,) = client.get("/v1/models").json()["models"]
    assert model["action_units"] == ["AU1", "AU4", "AU12"]
    assert model["expressions"][0] == "neutral"
    assert model["outputs"] == ["valence_arousal", "expression", "action_units"]
    assert model["trained_on"] == [{"corpus": "sample", "synthetic": True}]
    assert model["metrics"] == {"validation/valence_ccc": 0.25, "test/valence_ccc": 0.125, "test/action_units_f1": None}


def test_health() -> None:
    async def broken() -> ServedModel:
        raise RuntimeError("the replica is gone")

    for describe_it, status in ((describe_model, 200), (broken, 503)):
        with asked(build_api(recognise, describe_it, LIMITS)) as client:
            answer = client.get("/healthz")
            assert answer.status_code == status
            assert answer.json()["status"] == ("ok" if status == 200 else 503)


def test_the_documentation_loads_nothing_from_other_hosts(client: httpx.Client) -> None:
    page = client.get("/docs").text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(loaded) >= 3
    for reference in loaded:
        assert reference.startswith("/")
        assert client.get(reference).status_code == 200


def test_the_openapi_page_describes_the_contract(client: httpx.Client) -> None:
    schema: dict[str, Any] = client.get("/openapi.json").json()
    post = schema["paths"]["/v1/faces"]["post"]
    assert set(post["requestBody"]["content"]) == {"image/jpeg", "image/png", "image/webp"}
    assert {"200", "400", "413", "415", "422", "503"} <= set(post["responses"])
    assert "application/problem+json" in post["responses"]["415"]["content"]
    face = schema["components"]["schemas"]["Face"]
    assert set(face["required"]) == {"track_id", "box", "score", "landmarks"}
    assert {"expression", "valence", "arousal", "action_units"} <= set(face["properties"])
