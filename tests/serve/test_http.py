"""The interface alone, in this process: what it takes, what it refuses and how it says so."""

import re
from collections.abc import Iterator
from typing import Any, get_args

import httpx
import numpy as np
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affect.interface.problems import KINDS, PROBLEM, Code, Problem
from serve.body import decode_body
from serve.problems import ProblemError
from tests.made_pictures import encode
from tests.serve.made_bodies import BOUNDARY, FORM, JPEG, PNG, SMALL, WEBP, form, grey, png
from tests.serve.made_recognition import FAULTY_HEIGHT, LIMITS, RUNTIME, MadeRecognition, Noted, asked, made_api

recognition, observer = MadeRecognition(), Noted()


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with asked(made_api(recognition, observer)) as client:
        yield client


def assert_problem(answer: httpx.Response, code: Code) -> Problem:
    assert answer.headers["content-type"] == PROBLEM
    problem = pydantic.TypeAdapter(Problem).validate_python(answer.json(), strict=True)
    assert (answer.status_code, problem["status"], problem["code"]) == (KINDS[code].status, answer.status_code, code)
    assert problem["type"] == f"urn:problem-type:affect:{code}"
    assert len(problem["detail"]) > 10
    return problem


BAD: dict[str, tuple[str, bytes, Code]] = {
    "empty": ("image/jpeg", b"", "body_empty"),
    "no content type": ("", JPEG, "media_type_unsupported"),
    "a urlencoded form": ("application/x-www-form-urlencoded", JPEG, "media_type_unsupported"),
    "another content type": ("image/gif", JPEG, "media_type_unsupported"),
    "text": ("image/jpeg", b"not a picture", "media_type_unsupported"),
    "one byte": ("image/png", b"\xff", "media_type_unsupported"),
    "a gif that says it is a jpeg": ("image/jpeg", encode(SMALL, "GIF"), "media_type_unsupported"),
    "a bmp of any kind": ("application/octet-stream", encode(SMALL, "BMP"), "media_type_unsupported"),
    "svg": ("image/png", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "media_type_unsupported"),
    "zeros": ("image/webp", bytes(5000), "media_type_unsupported"),
    "only a signature": ("image/png", PNG[:8], "picture_broken"),
    "truncated jpeg": ("image/jpeg", JPEG[: len(JPEG) // 2], "picture_broken"),
    "truncated png": ("image/png", PNG[: len(PNG) // 2], "picture_broken"),
    "truncated webp": ("image/webp", WEBP[: len(WEBP) // 2], "picture_broken"),
    "png without data": ("image/png", png(8, 8), "picture_broken"),
    "png with wrong data": ("image/png", png(8, 8, b"abc"), "picture_broken"),
    "png of no size": ("image/png", png(0, 0), "picture_broken"),
    "png of no height": ("image/png", png(8, 0), "picture_broken"),
    "too many bytes": ("image/jpeg", JPEG + bytes(LIMITS.bytes), "body_too_large"),
    "too many pixels": ("image/png", grey(600, 600), "picture_too_large"),
    "a bomb": ("image/png", png(60_000, 60_000), "picture_too_large"),
    "the largest bomb": ("image/png", png(2**31 - 1, 2**31 - 1), "picture_too_large"),
    "form without boundary": ("multipart/form-data", form(JPEG), "form_invalid"),
    "form of another boundary": (FORM + "x", form(JPEG), "form_invalid"),
    "form that is cut short": (FORM, form(JPEG)[:-10], "form_invalid"),
    "form without its last hyphens": (FORM, form(JPEG)[:-4], "form_invalid"),
    "form without parts": (FORM, form(), "form_invalid"),
    "form with a part of another name": (FORM, form(JPEG, name="file"), "form_invalid"),
    "form with an endless header": (FORM, form(JPEG, name="x" * 9000), "form_invalid"),
    "form with two pictures": (FORM, form(JPEG, PNG), "too_many_pictures"),
    "form with another part": (FORM, form(JPEG)[: -len(BOUNDARY) - 6] + form(PNG, name="other"), "form_invalid"),
    "form with an empty picture": (FORM, form(b""), "picture_broken"),
    "form with a text": (FORM, form(b"hello"), "media_type_unsupported"),
    "form with too large a picture": (FORM, form(bytes(LIMITS.bytes + 1)), "picture_too_large"),
    "form with too many bytes": (FORM, form(bytes(2 * LIMITS.bytes)), "body_too_large"),
}


@pytest.mark.parametrize(("media_type", "body", "code"), BAD.values(), ids=BAD.keys())
def test_bad_bodies_get_a_clear_4xx(client: httpx.Client, media_type: str, body: bytes, code: Code) -> None:
    answer = client.post("/v1/faces", content=body, headers={"Content-Type": media_type} if media_type else {})
    problem = assert_problem(answer, code)
    assert problem["instance"] == "/v1/faces"
    assert observer.requests[-1] == ("/v1/faces", answer.status_code, code)


@pytest.mark.parametrize("media_type", ["image/jpeg", FORM])
def test_a_stream_without_length_is_stopped_at_the_limit(client: httpx.Client, media_type: str) -> None:
    sent = 0

    def parts() -> Iterator[bytes]:
        nonlocal sent
        yield form(b"", end="")[:90]
        while sent < 3 * LIMITS.bytes:
            sent += 10_000
            yield bytes(10_000)

    answer = client.post("/v1/faces", content=parts(), headers={"Content-Type": media_type})
    assert answer.status_code == 413


@pytest.mark.parametrize("body", [JPEG, PNG, WEBP], ids=["jpeg", "png", "webp"])
@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "IMAGE/WebP; q=1", "application/octet-stream", FORM])
def test_the_form_is_read_from_the_picture_itself(client: httpx.Client, body: bytes, media_type: str) -> None:
    content = form(body) if media_type == FORM else body
    answer = client.post("/v1/faces", content=content, headers={"Content-Type": media_type})
    assert answer.status_code == 200
    named = {"name": "made", "version": "0001"}
    assert answer.json() == {"model": named, "not_given": [], "width": 64, "height": 48, "faces": []}
    assert observer.requests[-1] == ("/v1/faces", 200, "")
    assert observer.answers[-1] == answer.json()


@pytest.mark.parametrize(("size", "status"), [((1, 1), 200), ((500, 600), 200), ((501, 600), 413)])
def test_sizes_up_to_the_limit_are_taken(client: httpx.Client, size: tuple[int, int], status: int) -> None:
    answer = client.post("/v1/faces", content=grey(*size), headers={"Content-Type": "image/png"})
    assert answer.status_code == status


def test_a_request_chooses_model_and_embedding(client: httpx.Client) -> None:
    headers = {"Content-Type": "image/png"}
    answer = client.post("/v1/faces?model=other&embedding=true", content=grey(9), headers=headers)
    assert answer.json()["model"] == {"name": "other", "version": "0007"}
    assert recognition.seen[-1] == ("other", (9, 8, 3), True)
    unknown = client.post("/v1/faces?model=nobody", content=b"not even read", headers=headers)
    assert "made, other" in assert_problem(unknown, "model_unknown")["detail"]
    wrong = client.post("/v1/faces?embedding=perhaps", content=PNG, headers=headers)
    assert "query.embedding" in assert_problem(wrong, "parameter_invalid")["detail"]


def test_several_pictures_are_answered_in_order_and_only_the_bad_ones_are_refused(client: httpx.Client) -> None:
    pictures = [JPEG, b"hello", grey(9), PNG[:100]]
    answer = client.post("/v1/faces:batch?model=other", content=form(*pictures), headers={"Content-Type": FORM})
    assert answer.status_code == 200
    first, text, second, cut = answer.json()["pictures"]
    assert [(entry["width"], entry["height"], entry["model"]["name"]) for entry in (first, second)] == [
        (64, 48, "other"),
        (8, 9, "other"),
    ]
    assert [entry["problem"]["code"] for entry in (text, cut)] == ["media_type_unsupported", "picture_broken"]
    assert {entry["problem"]["instance"] for entry in (text, cut)} == {"/v1/faces:batch"}


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([], "form_invalid"),
        ([JPEG] * 5, "too_many_pictures"),
        ([bytes(299_000)] * 4, "body_too_large"),
        ([JPEG, grey(FAULTY_HEIGHT), JPEG], "internal"),
    ],
    ids=["none", "too many", "too many bytes", "a fault of the server"],
)
def test_some_faults_are_of_the_whole_call(client: httpx.Client, parts: list[bytes], code: Code) -> None:
    answer = client.post("/v1/faces:batch", content=form(*parts), headers={"Content-Type": FORM})
    assert_problem(answer, code)


def test_a_large_picture_among_others_is_refused_alone(client: httpx.Client) -> None:
    parts = form(JPEG, bytes(LIMITS.bytes + 1), grey(600, 600), b"", JPEG)
    limits = LIMITS.model_copy(update={"pictures": 5})
    with asked(made_api(limits=limits)) as other:
        entries = other.post("/v1/faces:batch", content=parts, headers={"Content-Type": FORM}).json()["pictures"]
    codes = [entry.get("problem", {}).get("code") for entry in entries]
    assert codes == [None, "picture_too_large", "picture_too_large", "picture_broken", None]


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
    except ProblemError as error:
        assert error.code in {"picture_too_large", "media_type_unsupported", "picture_broken"}  # noqa: PT017
    else:
        assert picture.dtype == np.uint8
        assert picture.shape[2] == 3
        assert picture.size <= 3 * LIMITS.pixels


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/v1/nothing", "not_found"),
        ("GET", "/v1/faces", "method_not_allowed"),
        ("DELETE", "/healthz", "method_not_allowed"),
        ("GET", "/v1/models/nobody", "model_unknown"),
        ("GET", "/v1/models/nobody/card", "model_unknown"),
        ("GET", "/v1/models/" + "x" * 65, "parameter_invalid"),
    ],
)
def test_other_faults_are_problems_too(client: httpx.Client, method: str, path: str, code: Code) -> None:
    assert_problem(client.request(method, path), code)


def test_a_fault_of_the_server_keeps_its_inner_workings(client: httpx.Client) -> None:
    answer = client.post("/v1/faces", content=grey(FAULTY_HEIGHT), headers={"Content-Type": "image/png"})
    assert_problem(answer, "internal")
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert observer.requests[-1] == ("/v1/faces", 500, "internal")


def test_models(client: httpx.Client) -> None:
    model, other = client.get("/v1/models").json()["models"]
    assert (model["name"], other["name"]) == ("made", "other")
    assert "versions" not in model
    assert model["action_units"] == ["AU1", "AU4", "AU12"]
    assert model["expressions"][0] == "neutral"
    assert model["outputs"] == ["valence_arousal", "expression", "action_units"]
    assert model["trained_on"] == [{"corpus": "sample", "synthetic": True}]
    assert model["metrics"] == {"validation/valence_ccc": 0.25, "test/valence_ccc": 0.125, "test/action_units_f1": None}
    assert (model["runtime"], other["runtime"]) == (RUNTIME, None)
    assert client.get("/v1/models/made").json()["runtime"] == RUNTIME
    assert client.get("/v1/models/other").json() == other | {"versions": ["0001", "0007"]}


def test_a_card_is_markdown_or_a_page_that_runs_nothing(client: httpx.Client) -> None:
    card = client.get("/v1/models/made/card")
    assert card.headers["content-type"] == "text/markdown; charset=utf-8"
    assert card.text.startswith("# made 0001\n")
    page = client.get("/v1/models/made/card", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>made 0001</h1>" in page.text
    assert "<td>ccc</td>" in page.text
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_probes_tell_living_from_ready() -> None:
    made = MadeRecognition()
    with asked(made_api(made)) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        ready = client.get("/readyz").json()
        assert ready["models"] == [{"name": "made", "version": "0001"}, {"name": "other", "version": "0007"}]
        made.broken = True
        assert client.get("/healthz").status_code == 200
        assert_problem(client.get("/readyz"), "not_ready")


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
    assert {"image/jpeg", "image/png", "image/webp", "multipart/form-data"} <= set(post["requestBody"]["content"])
    assert {"200", "400", "404", "408", "413", "415", "422", "429", "503", "504"} <= set(post["responses"])
    documented = post["responses"]["415"]["content"][PROBLEM]["schema"]
    assert set(documented["properties"]["code"]["enum"]) == set(get_args(Code))
    face = schema["components"]["schemas"]["Face"]
    assert set(face["required"]) == {"track_id", "box", "score", "landmarks"}
    assert {"expression", "valence", "arousal", "action_units", "embedding"} <= set(face["properties"])
    assert set(schema["paths"]) == {
        "/v1/faces", "/v1/faces:batch", "/v1/models", "/v1/models/{name}", "/v1/models/{name}/card",
        "/v1/video", "/v1/sound", "/v1/session", "/healthz", "/readyz",
    }  # fmt: skip
