"""Ten thousand malformed requests: no fault of the server, no growth in memory, and still right afterwards."""

import resource
from collections import Counter

import httpx
import numpy as np
import pytest

from affect.interface.problems import PROBLEM
from serve.settings import Limits
from tests.serve.made_bodies import BOUNDARY, FORM, JPEG, PNG, WEBP, form
from tests.serve.made_recognition import MadeRecognition, asked, made_api

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1200)]

COUNT, WARM_UP = 10_000, 2_000
GROWTH_KB = 30 * 2**10
TYPES = [
    "image/jpeg", "image/png", "image/webp", "application/octet-stream", FORM, FORM, "multipart/form-data",
    f"multipart/form-data; boundary={'x' * 300}", "multipart/mixed; boundary=a", "text/plain", "image/gif", "",
    "/", "a;b=c",
]  # fmt: skip
PATHS = ["/v1/faces", "/v1/faces?embedding=true", "/v1/faces:batch", "/v1/faces?model=other"]


def peak_kb() -> int:
    """The most memory that this process has had, in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def malformed(draw: np.random.Generator) -> bytes:
    """A picture or form that was cut, changed, repeated, mixed with another one, or never was one."""
    whole = [JPEG, PNG, WEBP, form(JPEG), form(PNG, WEBP, JPEG)]
    body = bytearray(whole[draw.integers(len(whole))])
    for _ in range(draw.integers(1, 5)):
        if not body:
            break
        place = int(draw.integers(len(body)))
        match draw.integers(7):
            case 0:
                del body[place:]
            case 1:
                body[place] = draw.integers(256)
            case 2:
                body[place : place + 4] = draw.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"])
            case 3:
                body[place:place] = draw.bytes(int(draw.integers(1, 200)))
            case 4:
                del body[place : place + int(draw.integers(1, 100))]
            case 5:
                body += whole[draw.integers(len(whole))]
            case _:
                body[place:place] = f"\r\n--{BOUNDARY}\r\n".encode()
    return bytes(body)


def test_no_malformed_body_is_the_servers_fault() -> None:
    draw = np.random.default_rng(7)
    made = MadeRecognition()
    limits = Limits(bytes=20_000, pixels=100_000, pictures=3, batch_bytes=40_000)
    told: Counter[tuple[int, str]] = Counter()
    before = 0
    with asked(made_api(made, limits=limits)) as client:
        for number in range(COUNT):
            media_type = TYPES[draw.integers(len(TYPES))]
            headers = {"Content-Type": media_type} if media_type else {}
            if number % 100 == 0:
                headers["X-Large"] = "x" * 1_000_000
            path = PATHS[draw.integers(len(PATHS))]
            answer = client.post(path, content=malformed(draw), headers=headers)
            problem = answer.headers["content-type"] == PROBLEM
            told[answer.status_code, answer.json()["code"] if problem else ""] += 1
            assert answer.status_code < 500, (number, answer.text)
            assert problem == (answer.status_code != 200)
            made.seen.clear()
            if number == WARM_UP:
                before = peak_kb()
        assert peak_kb() - before < GROWTH_KB
        met = {code for _, code in told}
        assert {
            "picture_broken",
            "form_invalid",
            "media_type_unsupported",
            "body_too_large",
            "too_many_pictures",
        } <= met
        for body in (JPEG, PNG, WEBP):
            right: httpx.Response = client.post("/v1/faces", content=body, headers={"Content-Type": "image/png"})
            assert (right.status_code, right.json()["width"], right.json()["height"]) == (200, 64, 48)
