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

KEYS = ("testkey", "testsecret")


class S3Server:
    """SeaweedFS with its data below ``folder``, at one address however often it is killed and started."""

    bucket = "s3://models"

    def __init__(self, folder: Path) -> None:
        self._ports = free_server_ports()
        self._command = server_command(folder, "127.0.0.1", *KEYS, self._ports)
        self._log = folder / "weed.log"
        self.environment = client_environment(f"http://127.0.0.1:{self._ports[S3_PORT]}", *KEYS)

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, start_new_session=True)
        make_bucket("models", self.environment, lambda: self._process.poll() is not None, self._log)

    def kill(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)  # it does not end on SIGTERM
        self._process.wait()
        remove_sockets(self._ports)


@contextlib.contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """A server that is up, and the usual environment leads to it."""
    server = S3Server(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (server.environment | {"NO_PROXY": "127.0.0.1,localhost"}).items():
            patch.setenv(name, value)
        try:
            server.start()
            yield server
        finally:
            server.kill()
