"""Ten thousand malformed requests: no fault of the server, no growth in memory, and still right afterwards."""

import asyncio
import contextlib
import functools
import gc
import json
import os
import resource
import socket
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

import httpx
import numpy as np
import pytest

from affect.interface.problems import PROBLEM
from affect.models.asking import Asker
from serve.catalogue import stored_model
from serve.recognition import Eyes
from serve.settings import Limits, Sources
from tests.serve.made_bodies import BOUNDARY, FORM, JPEG, PNG, WEBP, form, media
from tests.serve.made_recognition import MadeRecognition, made_api, no_face
from tests.serve.serving import serving
from tests.watching.made_watching import NETWORKS, asker

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

PICTURES, FILES, NAMES, RAW = 6_500, 4_000, 500, 400
assert PICTURES + FILES + NAMES + RAW > 10_000
WARM_UP = 0.25
"""Of the requests, after which memory may grow no more."""
GROWTH_KB = 64 * 2**10
"""Threads and decoders keep some: up to 26 MB were seen alone, 50 after the tests of other files."""
LIMITS = Limits(
    bytes=20_000, pixels=100_000, pictures=3, batch_bytes=40_000, videos=100, video_bytes=45_000, video_pixels=100_000,
    video_s=5,
)  # fmt: skip
TYPES = [
    "image/jpeg", "image/png", "image/webp", "application/octet-stream", FORM, FORM, "multipart/form-data",
    f"multipart/form-data; boundary={'x' * 300}", "multipart/mixed; boundary=a", "text/plain", "image/gif", "",
    "/", "a;b=c", "application/json",
]  # fmt: skip
PATHS = ["/v1/faces", "/v1/faces?embedding=true", "/v1/faces:batch", "/v1/faces?model=other"]
WHOLE_PICTURES = [JPEG, PNG, WEBP, form(JPEG), form(PNG, WEBP, JPEG)]

FILE_TYPES = ["video/mp4", "audio/wav", "application/octet-stream", "video/x; a=b", FORM, *["video/mp4"] * 4, *TYPES]
FILE_PATHS = ["/v1/video", "/v1/video?format=csv", "/v1/video?embedding=true", "/v1/video?model=sound"]
SOUND_PATHS = ["/v1/sound?model=sound", "/v1/sound?model=sound&rate=20", "/v1/sound"]


Item = TypeVar("Item")


def one(draw: np.random.Generator, of: Sequence[Item]) -> Item:
    """Any of them; NumPy's own choice of bytes loses noughts at their end."""
    return of[int(draw.integers(len(of)))]


class Fuzzed(MadeRecognition):
    """A third model hears; networks are made once."""

    def __init__(self) -> None:
        super().__init__()
        self.askers: dict[str, Asker] = {name: super(Fuzzed, self).eyes(name).asker for name, _ in super().names()}
        self.askers["sound"] = asker(NETWORKS["audio"])

    def models(self) -> list:
        heard = stored_model("sound", "0001", self.askers["sound"].description, ["0001"])
        return [*super().models(), heard]

    def eyes(self, model: str) -> Eyes:
        return Eyes({"name": model, "version": "0001"}, no_face, self.askers[model])


def mutated(whole: Sequence[bytes], draw: np.random.Generator, separator: bytes) -> bytes:
    """One that was cut, changed, repeated or mixed with another; more often near its beginning, where headers are."""
    body = bytearray(one(draw, whole))
    for _ in range(draw.integers(1, 5)):
        if not body:
            break
        place = int(draw.integers(min(len(body), 1_000) if draw.integers(2) else len(body)))
        match draw.integers(8):
            case 0:
                del body[int(draw.integers(len(body))) :]
            case 1 | 2:
                body[place] = draw.integers(256)
            case 3:
                body[place : place + 4] = one(draw, [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"])
            case 4:
                body[place:place] = draw.bytes(int(draw.integers(1, 200)))
            case 5:
                del body[place : place + int(draw.integers(1, 100))]
            case 6:
                body += one(draw, whole)
            case _:
                body[place:place] = separator
    return bytes(body)


def resident_kb() -> int:
    """Memory that this process has now, in kB: the most it ever had may be of other tests."""
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() // 2**10


def held() -> tuple[int, int]:
    """Open files and threads."""
    return len(os.listdir("/proc/self/fd")), threading.active_count()


@contextlib.asynccontextmanager
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Asks the interface in this process; a fault of it is an answer, as over a network."""
    sources = Sources.parse({"allowed": ["http://127.0.0.1:1/a", "s3://bucket/a"], "networks": ["127.0.0.1"]})
    transport = httpx.ASGITransport(made_api(Fuzzed(), limits=LIMITS, sources=sources), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as asks:
        yield asks


Made = Callable[[np.random.Generator, int], tuple[str, bytes, str]]
"""Path, body and Content-Type of a request, by its number."""


def a_picture(draw: np.random.Generator, number: int) -> tuple[str, bytes, str]:
    body = mutated(WHOLE_PICTURES, draw, f"\r\n--{BOUNDARY}\r\n".encode())
    return one(draw, PATHS), body, one(draw, TYPES)


@functools.cache
def whole_files() -> list[bytes]:
    kinds = [
        ("mp4", "libx264", "aac"), ("mp4", "libx264", None), ("mov", "libx264", "pcm_s16le"),
        ("webm", "libvpx", "libopus"), ("matroska", "mpeg4", "flac"), ("avi", "mjpeg", "pcm_s16le"),
        ("wav", None, "pcm_s16le"), ("mp3", None, "libmp3lame"), ("ogg", None, "libopus"), ("flac", None, "flac"),
    ]  # fmt: skip
    made = [media(*kind) for kind in kinds]
    return [*made, *made[:2], form(made[0], name="file"), JPEG]


def a_file(draw: np.random.Generator, number: int) -> tuple[str, bytes, str]:
    body = mutated(whole_files(), draw, one(draw, [b"moov", b"mdat", b"\0\0\0\x08free", b"RIFF", b"OggS"]))
    return one(draw, SOUND_PATHS if number % 3 == 0 else FILE_PATHS), body, one(draw, FILE_TYPES)


def a_name(draw: np.random.Generator, number: int) -> tuple[str, bytes, str]:
    uris = [
        f"http://127.0.0.1:1/a/b.mp4?{'c' * 90}",
        "https://example.org/a",
        "file:///etc/passwd",
        "http://[::1]/",
        "",
        "\0" * 9,
    ]
    whole = [json.dumps({"uri": uri}).encode() for uri in uris]
    body = mutated(whole, draw, one(draw, [b"/../", b"%2e", b'"', b"[" * 2_000, "é".encode(), b"@", b":99999"]))
    return "/v1/video", body, "application/json"


@pytest.mark.parametrize(
    ("make", "count", "expected"),
    [
        (a_picture, PICTURES, {"picture_broken", "form_invalid", "media_type_unsupported", "body_too_large",
                               "too_many_pictures", ""}),
        (a_file, FILES, {"video_broken", "video_too_large", "media_type_unsupported", "form_invalid",
                         "model_unsuitable", ""}),
        (a_name, NAMES, {"uri_invalid", "uri_refused", "uri_unavailable"}),
    ],
    ids=["pictures", "files", "names"],
)  # fmt: skip
def test_no_malformed_body_is_the_servers_fault(make: Made, count: int, expected: set[str]) -> None:
    draw = np.random.default_rng(7)
    told: Counter[str] = Counter()

    async def ask() -> tuple[int, int]:
        before, began = 0, (0, 0)
        async with client() as asks:
            await right(asks)
            for number in range(count):
                path, body, media_type = make(draw, number)
                headers = {"Content-Type": media_type} if media_type else {}
                answer = await asks.post(path, content=body, headers=headers)
                problem = answer.headers["content-type"] == PROBLEM
                told[answer.json()["code"] if problem else ""] += 1
                assert answer.status_code < 500, (number, answer.text)
                assert '"internal"' not in answer.text, (number, answer.text)  # a stream can end with a fault too
                assert problem == (answer.status_code != 200)
                if number == int(count * WARM_UP):
                    before, began = resident_kb(), held()
            assert resident_kb() - before < GROWTH_KB
            await right(asks)
        return began

    began = asyncio.run(ask())
    assert expected <= told.keys()
    ends = time.monotonic() + 10
    while any(now > then + 3 for now, then in zip(held(), began, strict=True)) and time.monotonic() < ends:
        gc.collect()
        time.sleep(0.05)
    assert all(now <= then + 3 for now, then in zip(held(), began, strict=True)), (held(), began)


async def right(asks: httpx.AsyncClient) -> None:
    """Whole bodies are answered as ever."""
    for body in (JPEG, PNG, WEBP):
        answer = await asks.post("/v1/faces", content=body, headers={"Content-Type": "image/png"})
        assert (answer.status_code, answer.json()["width"], answer.json()["height"]) == (200, 64, 48)
    for path, kind, frames in (("video", ("mp4", "libx264", "aac"), 4), ("sound", ("wav", None, "pcm_s16le"), 6)):
        answer = await asks.post(f"/v1/{path}?model={'made' if frames == 4 else 'sound'}", content=media(*kind),
                                 headers={"Content-Type": "application/octet-stream"})  # fmt: skip
        assert answer.status_code == 200, answer.text
        summary = json.loads(answer.text.splitlines()[-1])["summary"]
        assert (summary["frames"], summary["broken"]) == (frames, None)


LINES = [
    b"POST /v1/faces HTTP/1.1", b"POST /v1/video HTTP/1.1", b"GET /v1/models HTTP/1.1", b"GET /v1/models HTTP/1.1",
    b"POST /v1/faces:batch HTTP/1.0", b"POST /" + b"x" * 100_000 + b" HTTP/1.1", b"\0\xff HTTP/9.9",
    b"GET /v1/live HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade",
]  # fmt: skip
HEADERS: list[Callable[[np.random.Generator], bytes]] = [
    lambda draw: b"X-Small: y",
    lambda draw: b"X-Large: " + b"x" * int(draw.integers(10_000, 2_000_000)),
    lambda draw: b"\r\n".join(b"X-%d: y" % number for number in range(int(draw.integers(100, 20_000)))),
    lambda draw: b"Content-Length: " + one(draw, [b"-1", b"9" * 5_000, b"5, 6", b"x", b"10"]),
    lambda draw: b"Transfer-Encoding: " + one(draw, [b"chunked", b"gzip", b"chunked, chunked"]),
    lambda draw: b"Authorization: Bearer " + b"t" * int(draw.integers(1, 100_000)),
    lambda draw: b"Cookie: affect_session=" + draw.bytes(200).replace(b"\n", b""),
    lambda draw: b"X-" + draw.bytes(30) + b": z",
    lambda draw: b"Content-Type: multipart/form-data; boundary=" + b"b" * int(draw.integers(1, 60_000)),
    lambda draw: b"Sec-WebSocket-Key: " + b"k" * int(draw.integers(1, 50_000)),
]


def a_request(draw: np.random.Generator) -> bytes:
    """What no client library would send: huge, many, broken or contradictory headers."""
    added = [one(draw, HEADERS)(draw) for _ in range(draw.integers(1, 4))]
    head = [one(draw, LINES), b"Host: 127.0.0.1", b"Content-Type: image/png", b"Connection: close", *added]
    return b"\r\n".join(head) + b"\r\n\r\n" + mutated([JPEG, b"ffffffff\r\n"], draw, b"\r\n")


def test_no_malformed_request_stops_a_real_server() -> None:
    draw = np.random.default_rng(11)
    told: Counter[int] = Counter()
    before = 0
    with serving(made_api(Fuzzed(), limits=Limits(body_s=0.05, video_body_s=0.05, live_idle_s=0.05))) as url:
        address = "127.0.0.1", int(url.rpartition(":")[2])
        for number in range(RAW):
            answer = bytearray()
            # It may hang up at any time, and wait for a body that does not come.
            with socket.create_connection(address, timeout=2) as connection, contextlib.suppress(OSError):
                connection.sendall(a_request(draw))
                while part := connection.recv(65_536):
                    answer += part
            status = int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0
            told[status] += 1
            assert status < 500, (number, bytes(answer[:500]))
            if number == RAW // 4:
                before = resident_kb()
        assert resident_kb() - before < GROWTH_KB
        assert {200, 400} <= told.keys()
        picture = httpx.post(f"{url}/v1/faces", content=PNG, headers={"Content-Type": "image/png"})
        assert (picture.status_code, picture.json()["width"]) == (200, 64)
