"""A real cluster, a real Prometheus: every query of the dashboard answers with data of jobs that ran."""

import json
import math
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from ray.dashboard.modules.metrics.dashboards.train_dashboard_panels import train_dashboard_config

from affect.models.store import promote
from cluster.local import LocalCluster, local_cluster
from cluster.monitoring.__main__ import running_prometheus
from cluster.monitoring.dashboard import ROWS
from cluster.monitoring.files import Monitoring
from jobs import metrics
from tests.made_media import portrait
from tests.made_pictures import encode
from tests.made_rows import write_rows

pytestmark = [pytest.mark.ray, pytest.mark.cluster, pytest.mark.timeout(900)]

PROJECT = Path(__file__).parents[3]
WINDOW = "15s"
TARGETS = [
    pytest.param(expression, id=f"{panel.title} {number}")
    for row in ROWS.values()
    for panel in row
    for number, (expression, _) in enumerate(panel.targets)
]


def free_port() -> int:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        return int(each.getsockname()[1])


class Watched:
    """What Prometheus saw of a preprocess job, a train job and an endpoint."""

    def __init__(self, port: int, began: float, folder: Path) -> None:
        self.api, self.began, self.folder = f"http://127.0.0.1:{port}/api/v1", began, folder

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The series of ``expression`` over the whole time, as a panel would ask for them."""
        expression = expression.replace("$__rate_interval", WINDOW).replace("$run", ".*")
        answer = httpx.get(
            f"{self.api}/query_range",
            params={"query": expression, "start": self.began, "end": time.time(), "step": 1},
            trust_env=False,
        ).json()
        assert answer["status"] == "success", answer
        return answer["data"]["result"]

    def last(self, metric: metrics.Metric, **tags: str) -> float:
        chosen = ",".join(f'{name}="{value}"' for name, value in tags.items())
        (series,) = self.ask(f"sum({metric.exported}{{{chosen}}})")
        return float(series["values"][-1][1])


def job(cluster: LocalCluster, *arguments: str) -> subprocess.Popen[str]:
    command = [
        f"{Path(sys.executable).parent}/ray",
        "job",
        "submit",
        "--address",
        cluster.address,
        "--working-dir",
        ".",
    ]
    return subprocess.Popen(
        [*command, "--", "python", "-m", *arguments],
        cwd=PROJECT, env=cluster.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def ended(job: subprocess.Popen[str]) -> None:
    output, _ = job.communicate()
    assert job.returncode == 0, output[-5000:]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, small_corpus: tuple[str, int]) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("monitoring")
    corpus = shutil.copytree(small_corpus[0], folder / "corpus")
    min(corpus.rglob("*.mp4")).write_bytes(b"no film")
    rows = str(folder / "made")
    write_rows(rows, {"train": 8, "validation": 2, "test": 2}, size=96)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_metrics_report_interval_ms", "1000")
        with local_cluster(6, 150 * 2**20) as cluster:
            monitoring = Monitoring(folder / "out", cluster.folder, free_port(), free_port(), scrape_seconds=1)
            monitoring.write()
            with running_prometheus(monitoring):
                began = time.time()
                # Long enough to be asked several times while it goes on.
                changes = ["epochs=12", "batch.rows_per_epoch=192", "network.width=0.0625", "resources.workers=1"]
                sets = [word for change in changes for word in ("--set", change)]
                jobs = [
                    job(cluster, "jobs.train", "sample/mt-vgg", "--data", rows, "--out", str(folder / "run"), *sets),
                    job(
                        cluster, "jobs.preprocess", "sample", "--root", str(corpus), "--out", str(folder / "rows"),
                        "--workers", "1", "--set", "detector.size=320",
                    ),
                ]  # fmt: skip
                for one in jobs:
                    ended(one)
                store, port = str(folder / "models"), free_port()
                promote(str(folder / "run"), store, "made")
                ended(job(cluster, "jobs.deploy", "--name", "made", "--store", store, "--port", str(port)))
                for _ in range(6):  # over some seconds: what grows is shown by its rate
                    for body in (encode(portrait(), "JPEG"), b"no picture"):
                        asked = {"content": body, "headers": {"Content-Type": "image/jpeg"}, "timeout": 60}
                        httpx.post(f"http://127.0.0.1:{port}/v1/faces", trust_env=False, **asked)
                    time.sleep(1)
                time.sleep(3)  # Ray hands on once a second, Prometheus asks once a second
                yield Watched(monitoring.prometheus_port, began, folder)


@pytest.mark.parametrize("expression", TARGETS)
def test_every_panel_has_data(watched: Watched, expression: str) -> None:
    series = watched.ask(expression)
    assert any(math.isfinite(float(value)) for one in series for _, value in one["values"])


def test_what_is_counted_is_what_the_jobs_say(watched: Watched) -> None:
    summary = json.loads((watched.folder / "rows" / "DONE").read_text())
    assert summary["set_aside"] == 1
    assert watched.last(metrics.FRAMES) == summary["frames"]
    assert watched.last(metrics.CLIPS) == summary["clips"]
    assert watched.last(metrics.CLIPS, outcome="set aside") == 1
    answer = json.loads((watched.folder / "run" / "DONE").read_text())
    assert watched.last(metrics.STEPS) == answer["epochs"] * answer["steps_per_epoch"]
    assert watched.last(metrics.WAIT_SECONDS) <= watched.last(metrics.STEP_SECONDS)


def test_rays_own_metrics_are_there_too(watched: Watched) -> None:
    expression = train_dashboard_config.panels or train_dashboard_config.rows[0].panels
    names = {target.expr.split("{", 1)[0].split("(")[-1] for panel in expression for target in panel.targets}
    assert any(watched.ask(name) for name in names if name.startswith("ray_train"))
