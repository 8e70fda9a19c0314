"""A cluster on loopback runs jobs and leaves nothing behind."""

import subprocess
from pathlib import Path

import pytest

from affect.errors import AffectError
from cluster.local import local_cluster

pytestmark = [pytest.mark.ray, pytest.mark.cluster]


def test_jobs_run_and_nothing_is_left(capfd: pytest.CaptureFixture[str]) -> None:
    with local_cluster(2, 100 * 2**20) as cluster:
        head = subprocess.run(["pgrep", "-af", "gcs_server"], capture_output=True, text=True, check=True).stdout
        cluster.submit("python", "-c", "import jobs; print('ran in', jobs.__file__)")
        with pytest.raises(AffectError, match="the job failed: python -c raise"):
            cluster.submit("python", "-c", "raise SystemExit(3)")
    assert "working_dir_files" in capfd.readouterr().out.split("ran in")[-1]  # the code that went along
    others = ("affect-hosts", "affect-ray-")  # of other tests
    logs = (word for word in head.split() if "/tmp/affect-" in word and not any(one in word for one in others))
    folder = next(logs).split("/session_")[0]
    folder = Path(folder[folder.index("/tmp/") :])
    assert not folder.exists()
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(folder) not in running
