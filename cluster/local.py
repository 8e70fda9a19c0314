"""A Ray cluster on this machine, bound to loopback, that leaves nothing running when it is closed."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cluster.nodes import free_ports, head_command, new_token, node_environment, node_size, submit, wait_until_up

STOP_SECONDS = 20


@dataclass(frozen=True)
class LocalCluster:
    """Where a cluster listens, the environment (address, token) its clients need, and Ray's temporary folder."""

    address: str
    environment: dict[str, str]
    folder: Path

    def submit(self, *entrypoint: str) -> None:
        """Send a job, show its log as it grows and wait for its end; AffectError when it fails."""
        submit(self.address, self.environment, *entrypoint)


@contextlib.contextmanager
def local_cluster(cpus: int, object_store_bytes: int) -> Iterator[LocalCluster]:
    """Start a head node with ``cpus`` logical CPUs; end all its processes when the block ends.

    Logical CPUs only say how many tasks may run at a time: more of them than cores keeps Ray Data moving beside
    trainers. A token made for this cluster alone keeps other users of the machine out.
    """
    folder = Path(tempfile.mkdtemp(prefix="affect-", dir="/tmp"))  # a short path: sockets lie below it
    gcs, dashboard = free_ports(2)
    token = new_token()
    # Despite its name, on any system: 0 makes Ray use 127.0.0.1 as the node's address instead of the machine's.
    environment = node_environment(token) | {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    with (folder / "head.log").open("wb") as log:
        head = subprocess.Popen(
            [*head_command("127.0.0.1", gcs, dashboard), *node_size(cpus, object_store_bytes, folder), "--block"],
            env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    # Asked to end, this process shall end its cluster first, as it does on Ctrl-C.
    before = {number: signal.signal(number, _leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        address = f"http://127.0.0.1:{dashboard}"
        wait_until_up(address, token, lambda: head.poll() is not None, folder / "head.log")
        yield LocalCluster(address, environment, folder)
    finally:
        _stop(head)
        shutil.rmtree(folder, ignore_errors=True)
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _stop(head: subprocess.Popen[bytes]) -> None:
    """``ray start --block`` ends its own processes on SIGTERM; what is left of its process group is killed."""
    if head.poll() is None:
        head.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            head.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(head.pid, signal.SIGKILL)
    head.wait()
