"""Of several who write at once exactly one wins, in threads and processes, locally and on a real S3 server."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from affect import storage
from affect.errors import AffectError
from affect.models import conditional


@pytest.fixture(params=["local", "s3"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path) if request.param == "local" else storage.join(request.getfixturevalue("s3"), tmp_path.name)


# To the S3 server threads and processes are the same.
MANY = pytest.mark.parametrize(
    ("folder", "pool"), [("local", "threads"), ("local", "processes"), ("s3", "threads")], indirect=True
)


@pytest.fixture
def pool(request: pytest.FixtureRequest) -> Iterator[Executor]:
    spawn = multiprocessing.get_context("spawn")
    with ThreadPoolExecutor(4) if request.param == "threads" else ProcessPoolExecutor(2, spawn) as workers:
        yield workers


def take(uri: str, mark: int) -> bool:
    return conditional.create(uri, str(mark).encode())


def count_up(uri: str, times: int) -> None:
    for _ in range(times):
        while True:
            found = conditional.read(uri)
            assert found is not None
            if conditional.replace(uri, str(int(found[0]) + 1).encode(), found[1]):
                break


@MANY
def test_one_creator_wins(folder: str, pool: Executor) -> None:
    for number in range(3):
        uri = storage.join(folder, "new", f"{number}")
        won = list(pool.map(take, [uri] * 6, range(6)))
        assert sum(won) == 1
        assert storage.read_text(uri) == str(won.index(True))


@MANY
def test_no_replacement_is_lost(folder: str, pool: Executor) -> None:
    uri = storage.join(folder, "count")
    assert conditional.create(uri, b"0")
    list(pool.map(count_up, [uri] * 3, [4] * 3))
    assert storage.read_text(uri) == "12"


def test_only_the_content_seen_is_replaced(folder: str) -> None:
    uri = storage.join(folder, "file")
    assert conditional.read(uri) is None
    assert conditional.create(uri, b"first")
    assert not conditional.create(uri, b"other")
    data, tag = conditional.read(uri) or pytest.fail("it is there")
    assert data == b"first"
    assert conditional.replace(uri, b"second", tag)
    assert not conditional.replace(uri, b"third", tag)
    assert not conditional.replace(storage.join(folder, "absent"), b"third", tag)
    assert storage.read_bytes(uri) == b"second"
    assert not [file for file in storage.list_files(folder) if file.endswith(".part")]


def test_a_refused_write_is_no_lost_race(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    conditional._client.cache_clear()
    try:
        with pytest.raises(AffectError, match="check that you may"):
            conditional.create(storage.join(s3, "forbidden"), b"data")
    finally:
        conditional._client.cache_clear()
