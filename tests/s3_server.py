"""A real S3 server on this machine, for tests of what is written to object storage."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.seaweedfs import (
    S3_PORT,
    client_environment,
    free_server_ports,
    make_bucket,
    remove_sockets,
    server_command,
)


@contextlib.contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """SeaweedFS with its data below ``folder``; gives the URI of a bucket that the usual environment leads to."""
    ports = free_server_ports()
    keys = ("testkey", "testsecret")
    with (folder / "weed.log").open("wb") as log:
        server = subprocess.Popen(
            server_command(folder, "127.0.0.1", *keys, ports), stdout=log, stderr=log, start_new_session=True
        )
    try:
        with pytest.MonkeyPatch.context() as patch:
            environment = client_environment(f"http://127.0.0.1:{ports[S3_PORT]}", *keys)
            for name, value in (environment | {"NO_PROXY": "127.0.0.1,localhost"}).items():
                patch.setenv(name, value)
            make_bucket("models", environment, lambda: server.poll() is not None, folder / "weed.log")
            yield "s3://models"
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # it does not end on SIGTERM
        server.wait()
        remove_sockets(ports)
