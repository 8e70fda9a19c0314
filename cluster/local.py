"""A Ray cluster on this machine, bound to loopback, that leaves nothing running when it is closed."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ray.job_submission import JobSubmissionClient

from affect.errors import AffectError

START_SECONDS = 120
STOP_SECONDS = 20


@dataclass(frozen=True)
class LocalCluster:
    """Where a cluster listens, the environment (address, token) its clients need, and Ray's temporary folder."""

    address: str
    environment: dict[str, str]
    folder: Path

    def submit(self, *entrypoint: str, project: Path) -> None:
        """Send a job with ``ray job submit``, show its log as it grows and wait for its end.

        The code of ``project`` goes along; data does not (.gitignore is respected). Raises AffectError on failure.
        """
        command = [_ray(), "job", "submit", "--address", self.address, "--working-dir", str(project), "--"]
        # Ray's own notes on the upload go to standard error, the job's log to standard output.
        result = subprocess.run([*command, *entrypoint], env=self.environment, stderr=subprocess.PIPE, check=False)
        if result.returncode:
            notes = result.stderr.decode(errors="replace")[-2000:]
            raise AffectError(f"the job failed: {' '.join(entrypoint)}\n{notes}")


@contextlib.contextmanager
def local_cluster(cpus: int, object_store_bytes: int) -> Iterator[LocalCluster]:
    """Start a head node with ``cpus`` logical CPUs; end all its processes when the block ends.

    Logical CPUs only say how many tasks may run at a time: more of them than cores keeps Ray Data moving beside
    trainers. A token made for this cluster alone keeps other users of the machine out.
    """
    folder = Path(tempfile.mkdtemp(prefix="affect-", dir="/tmp"))  # a short path: sockets lie below it
    gcs, dashboard = _free_ports(2)
    environment = os.environ | {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
        # Despite its name, on any system: 0 makes Ray use 127.0.0.1 as the node's address instead of the machine's.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    environment.pop("RAY_ADDRESS", None)
    with (folder / "head.log").open("wb") as log:
        head = subprocess.Popen(
            [
                _ray(), "start", "--head", "--block", "--node-ip-address=127.0.0.1", f"--port={gcs}",
                "--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard}", "--dashboard-agent-listen-port=0",
                "--min-worker-port=0", "--max-worker-port=0", f"--num-cpus={cpus}", f"--temp-dir={folder}",
                f"--object-store-memory={object_store_bytes}", "--disable-usage-stats",
            ],
            env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    # Asked to end, this process shall end its cluster first, as it does on Ctrl-C.
    before = {number: signal.signal(number, _leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        address = f"http://127.0.0.1:{dashboard}"
        _wait_until_up(head, address, environment["RAY_AUTH_TOKEN"], folder / "head.log")
        yield LocalCluster(address, environment, folder)
    finally:
        _stop(head)
        shutil.rmtree(folder, ignore_errors=True)
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _ray() -> str:
    return str(Path(sys.executable).parent / "ray")


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _wait_until_up(head: subprocess.Popen[bytes], address: str, token: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            JobSubmissionClient(address, headers={"Authorization": f"Bearer {token}"}).list_jobs()
        except (ConnectionError, RuntimeError) as error:
            if head.poll() is not None or time.monotonic() > deadline:
                lines = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
                raise AffectError(f"the local Ray cluster did not start ({error}); its log ends:\n{lines}") from error
            time.sleep(0.5)
        else:
            return


def _stop(head: subprocess.Popen[bytes]) -> None:
    """``ray start --block`` ends its own processes on SIGTERM; what is left of its process group is killed."""
    if head.poll() is None:
        head.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            head.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(head.pid, signal.SIGKILL)
    head.wait()
