"""The annotation tool over HTTP: who may ask what, what is kept, and that no request reaches another file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from affect.annotation.recording.progress import Progress
from tests.annotation.recording.made_project import annotate, batches, course, made_project
from tests.serve.annotation.made_annotation import OWNER, TOKEN, asked, body, of

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def progress(tmp_path_factory: pytest.TempPathFactory) -> Progress:
    return made_project(tmp_path_factory.mktemp("project"))


@pytest.fixture
def client(progress: Progress) -> Iterator[TestClient]:
    with asked(progress) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/annotation"),
        ("GET", "/v1/annotation/items?annotator=Ann&kind=valence"),
        ("GET", "/v1/annotation/item?annotator=Ann&kind=valence&item=one"),
        ("GET", "/v1/annotation/videos/one"),
        ("POST", "/v1/annotation/batches?annotator=Ann&kind=valence&item=one"),
        ("POST", "/v1/annotation/seen?annotator=Ann&item=one&purpose=watching"),
        ("POST", "/v1/annotation/stretches?annotator=Ann&kind=expression&item=one"),
        ("GET", "/v1/annotation/owner"),
        ("GET", "/v1/annotation/owner/items/one"),
        ("POST", "/v1/annotation/owner/items/one"),
        ("POST", "/v1/annotation/owner/export"),
        ("GET", "/v1/annotation/owner/export"),
    ],
)
def test_all_of_it_wants_a_token_and_the_owners_part_the_owners(progress: Progress, method: str, path: str) -> None:
    with asked(progress, tokens=True) as client:
        assert client.request(method, path).status_code == 401
        answer = client.request(method, path, headers={"Authorization": f"Bearer {TOKEN}"}, json=[])
        if "/owner" in path:
            assert (answer.status_code, answer.json()["code"]) == (403, "owner_only")
        else:
            assert answer.status_code in {200, 409, 422}
        answer = client.request(method, path, headers={"Authorization": f"Bearer {OWNER}"}, json=[])
        assert answer.status_code in {200, 409, 422}


def test_a_session_of_the_owner_is_one_too(progress: Progress) -> None:
    with asked(progress, tokens=True) as client:
        for token, owner in ((TOKEN, False), (OWNER, True)):
            client.post("/v1/session", headers={"Authorization": f"Bearer {token}"})
            assert client.get("/v1/annotation").json()["owner"] is owner
            assert client.get("/v1/annotation/owner").status_code == (200 if owner else 403)


def test_nobody_annotates_what_he_has_not_watched(tmp_path: Path) -> None:
    progress = made_project(tmp_path, ("one",))
    batch, *_ = map(body, batches("a", course(0, 2), 1.0))
    marked = {"revision": 1, "stretches": [{"label": "fear", "from_s": 0, "to_s": 1}]}
    with asked(progress) as client:
        for wanted in (409, 204):
            batched = client.post("/v1/annotation/batches", params=of("Ann", "one", kind="valence"), json=batch)
            marking = client.post("/v1/annotation/stretches", params=of("Ann", "one", kind="expression"), json=marked)
            assert (batched.status_code, marking.status_code) == (wanted, wanted)
            for spans in ([[0.0, 1.2]], [[1.1, 2.0]]):
                seen = {"spans": spans}
                client.post("/v1/annotation/seen", params=of("Ann", "one", purpose="watching"), json=seen)
    other = made_project(tmp_path / "other", ("one",)).project
    Path(other.file("project.yaml")).write_text("watch_first: false\n")
    free = Progress(type(other).open(other.root, str(tmp_path / "other" / "videos")))
    with asked(free) as client:
        answer = client.post("/v1/annotation/batches", params=of("Ann", "one", kind="valence"), json=batch)
        assert answer.status_code == 204


def test_a_batch_that_is_sent_twice_is_kept_once(client: TestClient, progress: Progress) -> None:
    annotate(progress, "Twice", "two", "arousal")
    sent = [body(batch) for batch in batches("d", course(0, 1), 9.0, "redo")]
    for batch in (sent[0], sent[0], sent[2], sent[1], sent[1]):
        answer = client.post("/v1/annotation/batches", params=of("Twice", "two", kind="arousal"), json=batch)
        assert answer.status_code == 204
    seen = client.get("/v1/annotation/item", params=of("Twice", "two", kind="arousal")).json()
    assert seen["samples"] == [list(sample) for sample in course(0, 1)]
    assert seen["begun_anew"] == "d" * 32
    assert not seen["state"]["finished"]
    other = sent[0] | {"number": 3}
    answer = client.post("/v1/annotation/batches", params=of("Twice", "two", kind="arousal"), json=other)
    assert answer.json()["code"] == "conflict"


@pytest.mark.parametrize(
    ("range_", "status", "part"),
    [
        (None, 200, slice(None)),
        ("bytes=0-", 206, slice(None)),
        ("bytes=10-19", 206, slice(10, 20)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=5-99999999", 206, slice(5, None)),
        ("bytes=0-1,5-6", 200, slice(None)),
        ("bytes=0-" + 5000 * "9", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
        ("bytes=99999999-", 416, slice(0)),
        ("bytes=-0", 416, slice(0)),
    ],
)
def test_ranges(client: TestClient, progress: Progress, range_: str | None, status: int, part: slice) -> None:
    whole = Path(progress.project.media["one"]).read_bytes()
    answer = client.get("/v1/annotation/videos/one", headers={"Range": range_} if range_ else {})
    assert (answer.status_code, answer.content) == (status, whole[part])
    if status == 206:
        first = part.indices(len(whole))[0]
        assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.content) - 1}/{len(whole)}"
    stale = {"Range": range_ or "bytes=0-1", "If-Range": '"another"'}
    assert client.get("/v1/annotation/videos/one", headers=stale).status_code == 200


def test_a_video_of_s3_is_served_in_ranges_and_recordings_go_there(s3: str, tmp_path: Path) -> None:
    from affect import storage
    from affect.annotation.recording.project import Project

    local = made_project(tmp_path, ("one",)).project
    data = Path(local.media["one"]).read_bytes()
    storage.write_bytes(f"{s3}/tool/videos/a b.mp4", data)
    progress = Progress(Project.open(f"{s3}/tool/project", f"{s3}/tool/videos"))
    annotate(progress, "Ann", "a b", "valence")
    with asked(progress) as client:
        answer = client.get("/v1/annotation/videos/a b", headers={"Range": "bytes=3-9"})
        assert (answer.status_code, answer.content) == (206, data[3:10])
        seen = client.get("/v1/annotation/item", params=of("Ann", "a b", kind="valence")).json()
        assert seen["state"]["finished"]


@pytest.mark.parametrize("name", ["..%2Fproject.yaml", "%2Fetc%2Fpasswd", "one.mp4", "%00", "x" * 400, "two/"])
def test_no_other_file_is_reached(client: TestClient, name: str) -> None:
    assert client.get(f"/v1/annotation/videos/{name}", follow_redirects=False).status_code in {307, 404, 405, 422}
    item = client.get("/v1/annotation/item", params=of("Ann", name, kind="valence"))
    assert item.status_code == 422
    batch = body(batches("a", course(0, 1), 1.0)[0])
    answer = client.post("/v1/annotation/batches", params=of("Ann", name, kind="valence"), json=batch)
    assert answer.status_code == 422
    answer = client.post("/v1/annotation/batches", params=of(f"../{name}", "one", kind="valence"), json=batch)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "request_invalid"), (b"{", "request_invalid"), (b"[" * 100_000, "request_invalid"),
     (b" " * 2_000_001, "body_too_large"), (b"{}", "parameter_invalid")],
    ids=["empty", "cut-short", "deep", "large", "incomplete"],
)  # fmt: skip
def test_bodies_that_are_none(client: TestClient, content: bytes, code: str) -> None:
    forged = client.post("/v1/annotation/batches", params=of("Ann", "one", kind="valence"), content=content)
    assert forged.json()["code"] == "media_type_unsupported"
    answer = client.post(
        "/v1/annotation/batches", params=of("Ann", "one", kind="valence"), content=content, headers=JSON
    )
    assert answer.json()["code"] == code


def test_guidelines_are_the_owners_and_no_script(client: TestClient, progress: Progress) -> None:
    file = Path(progress.project.file("guidelines.md"))
    kept = file.read_text()
    first = client.get("/v1/annotation").json()
    assert "<h2>Cues for arousal</h2>" in first["guidelines"]
    file.write_text("# Mine\n\n<script>alert(1)</script>\n")
    second = client.get("/v1/annotation").json()
    file.write_text(kept)
    assert "<h1>Mine</h1>" in second["guidelines"]
    assert "<script" not in second["guidelines"]
    assert first["guidelines_version"] != second["guidelines_version"]
