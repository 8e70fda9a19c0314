"""Serve with Ray's HAProxy and without replicas of the detector: docs/serving.md offers both to save time."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.nodes import PROJECT

pytestmark = [pytest.mark.ray, pytest.mark.cluster, pytest.mark.timeout(300)]

QUICKER = {"RAY_SERVE_ENABLE_HA_PROXY": "1", "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1"}


def test_answers_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text(secrets.token_urlsafe(32))
    others = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    script = 'ip link set lo up && exec "$0" -m tests.cluster.behind_haproxy "$1"'  # it listens at all addresses
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", script, sys.executable, str(tmp_path)],
        env=others | QUICKER | {"PYTHONPATH": str(PROJECT)},
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-5000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "stranger": "unauthenticated",
        "picture": 1,
        "padded": 1,
        "large": "body_too_large",
        "broken": "picture_broken",
        "live": [1, 1],
        "policy": "nosniff",
        "processes": ["haproxy"],
    }
