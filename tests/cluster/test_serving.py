"""The file for ``serve deploy`` on a real cluster: no token no service, TLS, replicas killed under load."""

import json
import os
import re
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import skimage.data
import yaml

from affect.faces import load_detector
from affect.interface.answers import Answer
from affect.interface.client import Client
from affect.interface.errors import AuthenticationError, BusyError, RequestError, UnreachableError
from affect.models.files import load_model
from affect.models.predictor import Predictor, Recogniser
from affect.models.store import promote, resolve
from cluster.local import LocalCluster, local_cluster
from cluster.nodes import PROJECT, free_ports
from serve.certificate import self_signed
from tests.made_models import write_model
from tests.made_pictures import encode

pytestmark = [pytest.mark.ray, pytest.mark.cluster, pytest.mark.timeout(900)]

ASTRONAUT = skimage.data.astronaut()[:400]
BODY = encode(ASTRONAUT, "PNG")
QUEUE, BODY_S = 8, 2


@dataclass(frozen=True)
class Served:
    cluster: LocalCluster
    folder: Path
    port: int
    token: str

    def deploy(self, **access: str) -> None:
        """What the file in the source says, at this cluster's port and store, on few cores."""
        config = yaml.safe_load((PROJECT / "serve" / "application.yaml").read_text())
        config["http_options"] |= {
            "port": self.port,
            "ssl_certfile": str(self.folder / "certificate.pem"),
            "ssl_keyfile": str(self.folder / "key.pem"),
        }
        config["applications"][0]["args"] |= {
            "store": str(self.folder / "store"),
            "ingress_replicas": 1,
            "cpus": 0.1,
            "access": access,
            "limits": {"queue": QUEUE, "body_s": BODY_S},
        }
        (self.folder / "deploy.yaml").write_text(yaml.safe_dump(config))
        serve = [str(Path(sys.executable).parent / "serve"), "deploy", str(self.folder / "deploy.yaml")]
        done = subprocess.run(
            [*serve, "--address", self.cluster.address],
            env=self.cluster.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def application(self) -> Any:
        """What Serve says of it."""
        leave = {"Authorization": f"Bearer {self.cluster.environment['RAY_AUTH_TOKEN']}"}
        told = httpx.get(f"{self.cluster.address}/api/serve/applications/", headers=leave, timeout=60)
        return told.json()["applications"]["affect"]

    def until(self, status: str) -> Any:
        """The application once it has this status."""
        deadline = time.monotonic() + 300
        while (application := self.application())["status"] != status:
            assert time.monotonic() < deadline, application
            time.sleep(1)
        return application

    def client(self, token: str | None, **options: Any) -> Client:
        trust = ssl.create_default_context(cafile=self.folder / "certificate.pem")
        return Client(f"https://127.0.0.1:{self.port}", token, verify=trust, **options)

    def metrics(self) -> str:
        """What Prometheus would be told."""
        (listed,) = self.cluster.folder.glob("prom_metrics_service_discovery.json")
        targets = [target for group in json.loads(listed.read_text()) for target in group["targets"]]
        return "".join(httpx.get(f"http://{target}/metrics", timeout=60).text for target in targets)

    def kill(self, deployment: str) -> None:
        """One replica of it, at once."""
        os.kill(self.application()["deployments"][deployment]["replicas"][0]["pid"], signal.SIGKILL)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("serving")
    write_model(str(folder / "model"), 1, recipe="made")
    promote(str(folder / "model"), str(folder / "store"), "faces")
    token = secrets.token_urlsafe(32)
    (folder / "tokens").write_text(token)
    for name, data in zip(("certificate.pem", "key.pem"), self_signed(["127.0.0.1"], 1), strict=True):
        (folder / name).write_bytes(data)
    (port,) = free_ports(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(PROJECT), os.environ.get("PYTHONPATH", "")]))
        patch.delenv("AFFECT_SERVE_TOKEN", raising=False)
        with local_cluster(8, 300 * 2**20) as cluster:
            yield Served(cluster, folder, port, token)


def load(ask: Callable[[], Any], threads: int, seconds: float) -> list[tuple[float, Any]]:
    """When each request ended and what it gave, from so many clients at once."""
    end = time.monotonic() + seconds

    def keep_asking() -> list[tuple[float, Any]]:
        given: list[tuple[float, Any]] = []
        while time.monotonic() < end:
            began = time.monotonic()
            try:
                answer = ask()
            except (RequestError, UnreachableError) as error:
                answer = error
            given.append((time.monotonic() - began, answer))
        return given

    with ThreadPoolExecutor(threads) as pool:
        return [one for many in [pool.submit(keep_asking) for _ in range(threads)] for one in many.result()]


def test_it_does_not_listen_to_others_without_a_token(served: Served) -> None:
    served.deploy()
    assert "there is no token" in served.until("DEPLOY_FAILED")["message"]


def test_replicas_that_are_killed_cost_no_answer(served: Served) -> None:
    served.deploy(token_file=str(served.folder / "tokens"))
    served.until("RUNNING")
    with served.client(None) as stranger, pytest.raises(AuthenticationError):
        stranger.faces(BODY)
    network, description = load_model(resolve(str(served.folder / "store"), "faces"))
    recognise = Recogniser(load_detector(description.preprocessing.detector), Predictor(network, description))
    (expected,) = recognise(ASTRONAUT)
    with served.client(served.token, retries=0) as client, ThreadPoolExecutor(1) as killing:
        client.faces(BODY)

        def kill() -> None:
            for deployment in ("FaceModel", "FaceDetector"):
                time.sleep(5)
                served.kill(deployment)

        killed = killing.submit(kill)
        given = load(lambda: client.faces(BODY), threads=4, seconds=25)
        killed.result()
    failed = [answer for _, answer in given if isinstance(answer, Exception)]
    assert len(failed) < 0.01 * len(given), Counter(map(str, failed))
    answers: list[Answer] = [answer for _, answer in given if not isinstance(answer, Exception)]
    for answer in answers:
        (face,) = answer["faces"]
        assert face["box"] == pytest.approx(expected["box"], abs=1e-2)
        assert face["valence"] == pytest.approx(expected["valence"], abs=1e-3)
    print(  # noqa: T201  # figures to report
        f"{len(given)} requests, {len(failed)} failed, longest {max(seconds for seconds, _ in given):.1f} s"
    )
    served.until("RUNNING")


def test_more_than_it_can_do_is_refused_quickly_in_words(served: Served) -> None:
    with served.client(served.token, retries=0) as client:
        client.faces(BODY)
        given = load(lambda: client.faces(BODY), threads=3 * QUEUE, seconds=10)
    refused = [(seconds, answer) for seconds, answer in given if isinstance(answer, Exception)]
    answered = [seconds for seconds, answer in given if not isinstance(answer, Exception)]
    assert refused
    for _, error in refused:
        assert isinstance(error, BusyError)
        assert (error.status, error.code) == (503, "overloaded")
    own = [error for _, error in refused if error.problem["detail"].startswith("too many requests wait")]
    medians = np.median(answered), np.median([seconds for seconds, _ in refused])
    print(  # noqa: T201
        f"{len(answered)} answered, {len(refused)} refused, {len(own)} of them by the interface; "
        f"medians {medians[0]:.2f} s and {medians[1]:.2f} s"
    )
    assert own
    assert max(answered) < 30
    assert medians[1] < medians[0]


def test_a_body_that_does_not_come_is_given_up_and_a_client_that_goes_away_is_noticed(served: Served) -> None:
    trust = ssl.create_default_context(cafile=served.folder / "certificate.pem")
    head = (
        f"POST /v1/faces HTTP/1.1\r\nHost: made\r\nAuthorization: Bearer {served.token}\r\n"
        "Content-Type: image/png\r\nContent-Length: 1000\r\n\r\nabc"
    )
    with (
        socket.create_connection(("127.0.0.1", served.port), timeout=60) as plain,
        trust.wrap_socket(plain, server_hostname="127.0.0.1") as slow,
    ):
        began = time.monotonic()
        slow.sendall(head.encode())
        answer = slow.recv(10_000).decode()
    assert answer.startswith("HTTP/1.1 408")
    assert time.monotonic() - began >= BODY_S
    with served.client(served.token, retries=0, timeout_s=0.02) as hasty:
        gone = [answer for _, answer in load(lambda: hasty.faces(BODY), threads=4, seconds=3)]
    assert any(isinstance(answer, UnreachableError) for answer in gone)
    with served.client(served.token) as client:
        assert len(client.faces(BODY)["faces"]) == 1
    wanted = [
        r'requests_total{.*code="overloaded".*status="503"', r'requests_total{.*code="body_slow".*status="408"',
        r'requests_total{.*status="499"', r'faces_total{.*model="faces".*version="0001"',
    ]  # fmt: skip
    deadline = time.monotonic() + 60
    while missing := [one for one in wanted if not re.search("ray_affect_serve_" + one, served.metrics())]:
        assert time.monotonic() < deadline, missing
        time.sleep(1)
