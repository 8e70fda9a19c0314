"""What can be told of the image without building it: it copies what there is, keeps data out, runs as nobody."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from ray._private.thirdparty.pathspec import PathSpec

PROJECT = Path(__file__).parents[2]
LINES = re.sub(r"\\\n|^#.*\n", "", (PROJECT / "Dockerfile").read_text(), flags=re.MULTILINE).splitlines()
STEPS = [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in LINES if line.strip()]


def all_of(instruction: str) -> list[str]:
    return [rest for name, rest in STEPS if name == instruction]


def sent(path: str) -> bool:
    """Whether .dockerignore lets a path through; its last line that matches counts."""
    ignored = False
    for line in (PROJECT / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern = line.removeprefix("!")
            names = [path, *(str(parent) for parent in Path(path).parents if str(parent) != ".")]
            if any(PathSpec.from_lines("gitwildmatch", [f"/{pattern}"]).match_file(name) for name in names):
                ignored = not line.startswith("!")
    return not ignored


def test_what_is_copied_is_there_and_is_sent_to_the_builder() -> None:
    copied = [source for line in all_of("COPY") for source in shlex.split(line)[:-1]]
    assert {"affect", "jobs", "serve", "cluster", "pyproject.toml", "constraints.txt"} <= set(copied)
    for source in copied:
        assert (PROJECT / source).exists()
        assert sent(source), source
    (packages,) = re.findall(r"include = \[(.*)\]", (PROJECT / "pyproject.toml").read_text())
    assert {name.strip('"* ') for name in packages.split(",")} <= set(copied)


@pytest.mark.parametrize(
    "path", ["demo-output/rows.parquet", ".venv", ".git", "data/a.mp4", "affect/__pycache__/a.pyc"]
)
def test_nothing_else_is_sent(path: str) -> None:
    assert not sent(path)


def test_python_is_one_the_project_is_for() -> None:
    (base,) = all_of("FROM")
    wanted = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["requires-python"]
    version = re.findall(r"python:(\d+)\.(\d+)-", base)[0]
    assert tuple(map(int, version)) >= tuple(map(int, wanted.removeprefix(">=").split(".")))
    launcher = (PROJECT / "ray-cluster.yaml").read_text()
    assert f"--python {'.'.join(version)} " in launcher


def test_it_ends_as_nobody_behind_a_token() -> None:
    assert STEPS.index(("USER", "1000:1000")) > max(n for n, (name, _) in enumerate(STEPS) if name in {"RUN", "COPY"})
    assert "RAY_AUTH_MODE=token" in all_of("ENV")[-1]
    assert not re.search(r"password|secret|AWS_|_KEY", " ".join(LINES))


def test_dependencies_are_installed_by_the_tested_versions_before_the_code_comes() -> None:
    installed = next(
        n for n, (name, rest) in enumerate(STEPS) if name == "RUN" and "--constraint constraints.txt" in rest
    )
    code = next(n for n, step in enumerate(STEPS) if step == ("COPY", "affect affect"))
    assert installed < code
