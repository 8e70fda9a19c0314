"""What a job's upload holds, as Ray packs it: the code, and nothing of the data that lies beside it."""

import logging
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from ray._private.runtime_env.packaging import create_package
from ray._private.runtime_env.working_dir import upload_working_dir_if_needed

PROJECT = Path(__file__).parents[2]
ROOMS = ("affect", "jobs", "serve", "cluster", "benchmarks")
DATA = (
    "demo-output/rows/faces/a.parquet",
    "corpora/aff-wild2/videos/a.mp4",
    "rows.parquet",
    "model.safetensors",
    "people.csv",
    ".venv/bin/python",
    ".git/HEAD",
    ".cache/a.bin",
    "monitoring-output/prometheus/wal/0",
)


def packed(folder: str, zipped: Path) -> set[str]:
    """The names in the package that ``ray job submit --working-dir folder`` would upload."""

    def pack(working_dir: str, excludes: list[str], is_file: bool = False) -> None:
        assert not is_file
        create_package(working_dir, zipped, include_gitignore=True, include_parent_dir=False, excludes=excludes)

    upload_working_dir_if_needed({"working_dir": folder}, include_gitignore=True, upload_fn=pack)
    with zipfile.ZipFile(zipped) as package:
        return {name for name in package.namelist() if not name.endswith("/")}


def files(folder: Path) -> Iterable[str]:
    return (
        str(file.relative_to(PROJECT))
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    )


@pytest.mark.parametrize("given", ["absolute", "."])
def test_all_code_and_no_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, given: str
) -> None:
    caplog.set_level(logging.ERROR)
    project = tmp_path / "project"
    for room in ROOMS:
        shutil.copytree(PROJECT / room, project / room)
    for name in (".gitignore", ".rayignore", "pyproject.toml", "ray-cluster.yaml"):
        shutil.copy(PROJECT / name, project)
    for name in DATA:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_bytes(b"data")
    monkeypatch.chdir(project)
    names = packed(str(project) if given == "absolute" else ".", tmp_path / "package.zip")
    code = {name for room in ROOMS for name in files(PROJECT / room)}
    assert names == code | {"pyproject.toml", "ray-cluster.yaml"}
    for weights in ("faces/landmarks68.safetensors", "models/shipped/faces/model.safetensors"):
        assert f"affect/{weights}" in names
