"""A fault that the user can mend is one message and status 2, without a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["jobs.train", "sample/mt-vg", "--out", "x"], "did you mean 'sample/mt-vgg'"),
        (["jobs.train", "sample/mt-vgg", "--out", "x", "--set", "epoch=1"], "did you mean 'epochs'"),
        (["jobs.tune", "sample/arcfac", "--out", "x"], "did you mean 'sample/arcface'"),
        (["jobs.preprocess", "afwild2", "--root", "x", "--out", "y"], "aff-wild2"),
        (["jobs.promote", "nowhere", "--name", "n", "--store", "s"], "nowhere"),
    ],
)
def test_faults_are_told_plainly(arguments: list[str], message: str, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(PROJECT), "PATH": ""},
    )  # fmt: skip
    assert result.returncode == 2, result.stderr
    assert message in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.stderr
