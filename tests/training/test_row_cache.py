"""Rows over a network: a counting file system stands for S3, everything else is the real way of a row to a step."""

import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import fsspec
import pytest
from pyarrow import fs

from affect import storage
from affect.networks.spec import NetworkSpec
from affect.training.indexes import read_indexes
from affect.training.plan import TrainPlan
from affect.training.reading import Course
from affect.training.row_cache import GIB, UNUSED_S, RowCache
from affect.training.settings import BatchSettings, TrainConfig
from affect.training.windows import items_in
from tests.made_rows import write_rows


class Counting(fs.FSSpecHandler):
    """A folder that is no local disk to anyone who asks, and counts how often each file is opened."""

    def __init__(self, opened: Counter) -> None:
        super().__init__(fsspec.filesystem("file"))
        self.opened = opened

    def open_input_file(self, path: str) -> Any:
        self.opened[Path(path).name] += 1
        return super().open_input_file(path)

    def open_input_stream(self, path: str) -> Any:
        self.opened[Path(path).name] += 1
        return super().open_input_stream(path)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter:
    """What was opened at s3://…, whose buckets are folders at the root of the disk."""
    counts: Counter = Counter()
    away, local = fs.PyFileSystem(Counting(counts)), storage.resolve

    def resolve(uri: Any) -> tuple[fs.FileSystem, str]:
        text = os.fspath(uri)
        return (away, "/" + text.removeprefix("s3://")) if text.startswith("s3://") else local(text)

    monkeypatch.setattr(storage, "resolve", resolve)
    return counts


@pytest.fixture
def rows(tmp_path: Path, opened: Counter) -> str:
    folder = tmp_path / "rows"
    write_rows(str(folder), {"train": 3, "validation": 1})
    return f"s3:/{folder}"


def read_all(course: Course, cache: RowCache) -> int:
    """Rows of a whole run, read as a worker does."""
    tables = [course.read(read, 0, 1, cache.open) for read in course.reads(1)]
    return sum(len(lists) for table in tables for lists in table["image"].to_pylist())


@pytest.fixture
def course(rows: str) -> Course:
    """Three epochs of a small network on them."""
    network = NetworkSpec(encoder="arc-res", input_size=32)
    config = TrainConfig(recipe="r", data=(rows,), network=network, batch=BatchSettings(size=16))
    indexes = read_indexes(config)
    plan = TrainPlan(items_in(config, indexes.train), config.batch, 0)
    return Course(plan, items_in(config, indexes.validation), None, 3, None, passes_again=False)


def test_two_runs_of_three_epochs_bring_each_file_over_once(course: Course, opened: Counter, tmp_path: Path) -> None:
    opened.clear()
    seen = [read_all(course, RowCache(1.0, tmp_path / "cache")) for _ in range(2)]
    assert opened == {"train0.parquet": 1, "train1.parquet": 1, "train2.parquet": 1, "validation0.parquet": 1}
    opened.clear()
    assert read_all(course, RowCache(0.0, tmp_path / "other")) == seen[0] == seen[1] > 0
    assert min(opened.values()) >= 3
    assert not (tmp_path / "other").exists()


def test_it_holds_no_more_than_its_bound_and_the_rest_is_read_where_it_is(
    course: Course, opened: Counter, tmp_path: Path, rows: str
) -> None:
    size = sum(path.stat().st_size for path in (tmp_path / "rows").rglob("*.parquet"))
    cache = RowCache(size * 0.6 / GIB, tmp_path / "cache")
    opened.clear()
    assert read_all(course, cache) > 0
    held = sum(path.stat().st_size for path in (tmp_path / "cache").glob("*.parquet"))
    assert 0 < held <= size * 0.6
    assert {path.suffix for path in (tmp_path / "cache").iterdir()} == {".parquet", ".lock"}
    assert min(opened.values()) == 1 < max(opened.values())


def test_what_nobody_reads_any_more_makes_room(rows: str, opened: Counter, tmp_path: Path) -> None:
    files = storage.list_files(rows, ".parquet")
    sizes = [Path(file.removeprefix("s3:/")).stat().st_size for file in files]
    cache = RowCache(max(sizes) * 1.5 / GIB, tmp_path / "cache")
    cache.open(files[0])
    (copy,) = (tmp_path / "cache").glob("*.parquet")
    cache.open(files[1])
    assert list((tmp_path / "cache").glob("*.parquet")) == [copy]
    old = time.time() - UNUSED_S - 1
    os.utime(copy, (old, old))
    cache.open(files[1])
    (other,) = (tmp_path / "cache").glob("*.parquet")
    assert other != copy


def test_a_file_that_was_made_anew_is_brought_over_anew(rows: str, opened: Counter, tmp_path: Path) -> None:
    cache = RowCache(1.0, tmp_path / "cache")
    file = storage.list_files(rows, ".parquet")[0]
    before = cache.open(file).read()
    write_rows(str(tmp_path / "rows"), {"train": 3}, seed=1)
    assert cache.open(file).read() != before
    assert len(list((tmp_path / "cache").glob("*.parquet"))) == 2


def test_a_copy_that_breaks_off_is_not_kept(
    rows: str, opened: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(source: str, target: str, **_: Any) -> None:
        Path(target).write_bytes(b"half")
        raise OSError("the network is gone")

    cache = RowCache(1.0, tmp_path / "cache")
    file = storage.list_files(rows, ".parquet")[0]
    with monkeypatch.context() as patch:
        patch.setattr(fs, "copy_files", broken)
        with pytest.raises(OSError, match="network"):
            cache.open(file)
    assert {path.suffix for path in (tmp_path / "cache").iterdir()} == {".lock"}
    assert cache.open(file).metadata.num_rows == 40


def test_local_files_are_read_where_they_are(tmp_path: Path) -> None:
    write_rows(str(tmp_path / "rows"), {"train": 1})
    cache = RowCache(1.0, tmp_path / "cache")
    (file,) = storage.list_files(tmp_path / "rows", ".parquet")
    assert cache.open(file).metadata.num_rows == 40
    assert not (tmp_path / "cache").exists()
