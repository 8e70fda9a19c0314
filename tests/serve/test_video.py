"""Videos and sounds over HTTP: the answers of the same code without a server, and every fault told by its code."""

import csv
import io
import json
import tempfile
import time
from collections.abc import Iterator
from typing import IO, Any

import httpx
import numpy as np
import pytest
from fastapi.testclient import TestClient

from affect.interface.client import Client
from affect.models.outputs import not_given
from affect.watching.soundtrack import WatchedSound
from affect.watching.video import WatchedVideo
from serve.settings import Limits, Sources
from tests.serve.file_server import FileServer, file_server
from tests.serve.local_recognition import LocalRecognition
from tests.serve.made_bodies import BOUNDARY, FORM, JPEG, form
from tests.serve.made_recognition import Noted, asked, made_api

MOV = {"Content-Type": "video/quicktime"}


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


@pytest.mark.parametrize("model", ["pictures", "sequences", "both"])
def test_a_video_is_answered_frame_by_frame_as_without_a_server(
    model: str, local: LocalRecognition, clip: bytes, tmp_path: Any
) -> None:
    (tmp_path / "clip.mov").write_bytes(clip)
    observer = Noted()
    with asked(made_api(local, observer, limits=Limits())) as client:
        first, *answers, last = lines(client.post(f"/v1/video?model={model}", content=clip, headers=MOV))
    with WatchedVideo(tmp_path / "clip.mov", local.askers[model], local.detector) as watched:
        expected = list(watched)
        summary = watched.summary()
    assert first["model"] == {"name": model, "version": "0001"}
    assert first["not_given"] == not_given(local.askers[model].description.network)
    assert (first["width"], first["height"], first["rate"]) == (300, 160, 20)
    assert [answer["frame"] for answer in answers] == [answer["frame"] for answer in expected]
    for one, other in zip(answers, expected, strict=True):
        assert [face["track_id"] for face in one["faces"]] == [face["track_id"] for face in other["faces"]]
        np.testing.assert_allclose(
            [face["valence"] for face in one["faces"]], [face["valence"] for face in other["faces"]], atol=1e-4
        )
    assert last["summary"]["frames"] == summary["frames"] == len(observer.answers)
    assert last["summary"]["broken"] is None


def test_sound_alone_is_answered_at_a_rate(local: LocalRecognition, clip: bytes, tmp_path: Any) -> None:
    (tmp_path / "clip.mov").write_bytes(clip)
    with asked(made_api(local, limits=Limits())) as client:
        first, *answers, _ = lines(client.post("/v1/sound?model=sound&rate=10", content=clip, headers=MOV))
        refused = client.post("/v1/sound?model=pictures", content=clip, headers=MOV)
        through_client = list(
            Client("http://127.0.0.1", transport=client._transport).sound(clip, model="sound", rate=10)
        )
    with WatchedSound(tmp_path / "clip.mov", local.askers["sound"], rate=10) as heard:
        expected = list(heard)
    assert first["rate"] == 10
    assert [answer["time_s"] for answer in through_client] == [answer["time_s"] for answer in answers]
    assert all("sound" in answer for answer in through_client)
    assert [answer["time_s"] for answer in answers] == [answer["time_s"] for answer in expected]
    np.testing.assert_allclose(
        [answer["sound"]["valence"] for answer in answers], [one["sound"]["valence"] for one in expected], atol=1e-4
    )
    assert refused.json()["code"] == "model_unsuitable"


def test_csv_has_the_columns_of_openface(local: LocalRecognition, clip: bytes) -> None:
    with asked(made_api(local, limits=Limits())) as client:
        answer = client.post("/v1/video?model=pictures&format=csv", content=form(clip, name="file"),
                             headers={"Content-Type": FORM})  # fmt: skip
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len({row["frame"] for row in rows}) == 34
    assert {"face_id", "timestamp", "AU12_c"} <= rows[0].keys()


@pytest.mark.parametrize(
    ("path", "body", "headers", "code", "status"),
    [
        ("video", b"no video at all" * 100, MOV, "video_broken", 422),
        ("video", JPEG[:20], MOV, "video_broken", 422),
        ("video", b"", MOV, "body_empty", 400),
        ("video", b"x", {"Content-Type": "image/jpeg"}, "media_type_unsupported", 415),
        ("video", b"x" * 300_001, MOV, "video_too_large", 413),
        ("video", form(b"x" * 300_001, name="file"), {"Content-Type": FORM}, "video_too_large", 413),
        ("video", form(b"x", b"y", name="file"), {"Content-Type": FORM}, "form_invalid", 400),
        ("video", f"--{BOUNDARY}--\r\n".encode(), {"Content-Type": FORM}, "form_invalid", 400),
        ("video?model=none", b"x", MOV, "model_unknown", 404),
        ("video?format=xml", b"x", MOV, "parameter_invalid", 422),
        ("sound?model=sound", b"no sound at all" * 100, MOV, "video_broken", 422),
        ("faces?model=sequences", JPEG, {"Content-Type": "image/jpeg"}, "model_unsuitable", 422),
    ],
)
def test_a_fault_before_the_first_line_is_a_problem(
    path: str, body: bytes, headers: dict[str, str], code: str, status: int, local: LocalRecognition
) -> None:
    with asked(made_api(local, limits=Limits(video_bytes=300_000))) as client:
        answer = client.post(f"/v1/{path}", content=body, headers=headers)
    assert (answer.json()["code"], answer.status_code) == (code, status)
    assert "/dev/fd" not in answer.text
    assert not answer.json()["detail"][0].isdigit()


@pytest.fixture(scope="module")
def store(clip: bytes) -> Iterator[FileServer]:
    with file_server("127.0.0.1", {"clip.mov": clip, "note.txt": b"no video at all" * 100, "empty": b""}) as server:
        yield server


def naming(store: FileServer, **limits: Any) -> dict[str, Any]:
    """Settings that allow the files of ``store``."""
    sources = Sources.parse({"allowed": [f"{store.url}/clips"], "networks": ["127.0.0.1"]})
    return {"sources": sources, "limits": Limits(**limits)}


def told(answer: httpx.Response) -> list[Any]:
    """When and where faces are; what is said of them differs in the last digit with the frames that are asked about
    together, which time decides."""
    if answer.headers["content-type"].startswith("text/csv"):
        rows = csv.DictReader(io.StringIO(answer.text))
        return [(row["frame"], row["face_id"], row["timestamp"], row["confidence"]) for row in rows]
    _, *answers, last = lines(answer)
    frames = [(one["frame"], one["time_s"], [face["box"] for face in one["faces"]]) for one in answers]
    return [*frames, last["summary"]["frames"], last["summary"]["broken"]]


@pytest.mark.parametrize("path", ["video?model=pictures", "video?format=csv", "sound?model=sound&rate=10"])
def test_a_file_that_is_named_is_answered_as_one_that_is_sent(
    path: str, local: LocalRecognition, clip: bytes, store: FileServer
) -> None:
    with asked(made_api(local, **naming(store))) as client:
        sent = client.post(f"/v1/{path}", content=clip, headers=MOV)
        named = client.post(f"/v1/{path}", json={"uri": f"{store.url}/clips/moved?clip.mov"})
    assert sent.status_code == named.status_code == 200
    assert named.headers["content-type"] == sent.headers["content-type"]
    seen = told(named)
    assert seen == told(sent)
    assert len(seen) > 10


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        (b'{"uri": "STORE/clips/note.txt"}', "video_broken", 422),
        (b'{"uri": "STORE/clips/empty"}', "body_empty", 400),
        (b'{"uri": "STORE/clips/endless"}', "video_too_large", 413),
        (b'{"uri": "STORE/clips/slow"}', "body_slow", 408),
        (b'{"uri": "STORE/clips/nowhere"}', "uri_unavailable", 422),
        (b'{"uri": "STORE/clip.mov"}', "uri_refused", 403),
        (b'{"uri": "/etc/passwd"}', "uri_refused", 403),
        (b'{"uri": 1}', "uri_invalid", 400),
        (b'{"uri": "STORE/clips/clip.mov", "headers": {}}', "uri_invalid", 400),
        (b'["STORE/clips/clip.mov"]', "uri_invalid", 400),
        (b"[" * 5000, "uri_invalid", 400),
        (b"", "uri_invalid", 400),
        (b'{"uri": "' + b"x" * 10_000 + b'"}', "body_too_large", 413),
    ],
)
def test_a_file_that_is_named_wrongly_or_cannot_be_had_is_told(
    body: bytes, code: str, status: int, local: LocalRecognition, store: FileServer
) -> None:
    body = body.replace(b"STORE", store.url.encode())
    limits = {"video_bytes": 200_000} | ({"video_body_s": 0.5} if code == "body_slow" else {})
    with asked(made_api(local, **naming(store, **limits))) as client:
        answer = client.post("/v1/video", content=body, headers={"Content-Type": "application/json; charset=utf-8"})
        assert (answer.json()["code"], answer.status_code) == (code, status)
        _until_free(client)
    assert "/dev/fd" not in answer.text


def test_without_a_setting_nothing_is_fetched(local: LocalRecognition, store: FileServer) -> None:
    before = len(store.asked)
    with asked(made_api(local, limits=Limits())) as client:
        answer = client.post("/v1/video", json={"uri": f"{store.url}/clips/clip.mov"})
    assert (answer.json()["code"], answer.status_code) == ("uri_refused", 403)
    assert len(store.asked) == before


@pytest.mark.parametrize("changed", [{"video_s": 0.5}, {"video_pixels": 10_000}])
def test_a_video_that_is_too_long_or_too_wide_is_refused(
    changed: dict[str, float], local: LocalRecognition, clip: bytes
) -> None:
    with asked(made_api(local, limits=Limits(**changed))) as client:
        answer = client.post("/v1/video", content=clip, headers=MOV)
    assert (answer.json()["code"], answer.status_code) == ("video_too_large", 413)


def test_what_is_derived_of_outputs_that_a_model_lacks_is_refused_before_the_video_is_read(
    local: LocalRecognition, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = local.askers["pictures"].description.network.model_copy(update={"heads": ("valence_arousal",)})
    lacking = local.askers["pictures"].description.model_copy(update={"network": network})
    monkeypatch.setattr(local.askers["pictures"], "description", lacking)
    with asked(made_api(local, limits=Limits())) as client:
        answer = client.post("/v1/video?derived_compound=true", content=b"", headers=MOV)
    assert (answer.json()["code"], answer.status_code) == ("model_unsuitable", 422)


def test_a_fault_part_of_the_way_is_the_last_line(
    local: LocalRecognition, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, real = iter(range(20)), local.detector

    def failing(picture: np.ndarray) -> Any:
        if next(left, None) is None:
            raise RuntimeError("secret inner workings")
        return real(picture)

    monkeypatch.setattr(local, "detector", failing)
    with asked(made_api(local, limits=Limits())) as client:
        answers = lines(client.post("/v1/video", content=clip, headers=MOV))
    assert answers[-1]["error"]["code"] == "internal"
    assert "secret" not in json.dumps(answers)
    assert not any("summary" in answer for answer in answers)


def test_the_end_of_its_time_is_the_last_line(
    local: LocalRecognition, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = local.detector
    monkeypatch.setattr(local, "detector", lambda picture: (time.sleep(0.2), real(picture))[1])
    with asked(made_api(local, limits=Limits(watch_s=1.0))) as client:
        answers = lines(client.post("/v1/video", content=clip, headers=MOV))
    assert len(answers) > 2
    assert answers[-1]["error"]["code"] == "deadline_exceeded"
    assert "within 1 s" in answers[-1]["error"]["detail"]


def test_places_are_bounded_and_given_back_and_no_file_stays(
    local: LocalRecognition, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: list[IO[bytes]] = []
    make = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: (files.append(make()), files[-1])[1])
    with asked(made_api(local, limits=Limits(videos=1))) as client:
        for body in (clip, b"broken", clip):
            code = client.post("/v1/video", content=body, headers=MOV).status_code
            assert code == (200 if body is clip else 422)
            _until_free(client)
        ends = time.monotonic() + 5
        while not all(file.closed for file in files) and time.monotonic() < ends:
            time.sleep(0.05)
    assert len(files) >= 3
    assert all(file.closed for file in files)


def _until_free(client: TestClient) -> None:
    """The place is given back by the thread, once the answer has gone."""
    for _ in range(100):
        if client.post("/v1/video", content=b"", headers=MOV).json()["code"] != "overloaded":
            break
        time.sleep(0.05)
    else:
        raise AssertionError("the place was not given back")
