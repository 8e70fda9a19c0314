"""Starting Ray's nodes, and the jobs sent to them: what every cluster of this project has in common."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from ray.job_submission import JobSubmissionClient

from affect.errors import AffectError

START_SECONDS = 120

PROJECT = Path(__file__).resolve().parents[1]


def ray_command() -> str:
    """Ray's command line in the environment that this process runs in."""
    return str(Path(sys.executable).parent / "ray")


def new_token() -> str:
    """A token that keeps other users of the machine out of one cluster."""
    return secrets.token_hex(32)


def node_environment(token: str) -> dict[str, str]:
    """What nodes of a cluster and its clients run in: the token, and this environment's programs first."""
    environment = os.environ | {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": token,
        "RAY_USAGE_STATS_ENABLED": "0",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    for name in ("RAY_ADDRESS", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"):
        environment.pop(name, None)
    return environment


def free_ports(count: int) -> list[int]:
    """Ports of this machine's loopback that nothing listens at."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def head_command(address: str, port: int, dashboard_port: int) -> list[str]:
    """``ray start`` of a head that listens on ``address`` alone."""
    return [
        ray_command(), "start", "--head", f"--node-ip-address={address}", f"--port={port}",
        f"--dashboard-host={address}", f"--dashboard-port={dashboard_port}", "--dashboard-agent-listen-port=0",
        "--min-worker-port=0", "--max-worker-port=0", "--disable-usage-stats",
    ]  # fmt: skip


def node_command(address: str, head: str) -> list[str]:
    """``ray start`` of a node on ``address`` that joins the head at ``head``, its address and port."""
    return [
        ray_command(), "start", f"--address={head}", f"--node-ip-address={address}", "--dashboard-agent-listen-port=0",
        "--min-worker-port=0", "--max-worker-port=0", "--disable-usage-stats",
    ]  # fmt: skip


def node_size(cpus: int, object_store_bytes: int, folder: Path) -> list[str]:
    """What a node offers: logical CPUs, which say how many tasks may run at a time, and where it keeps its files."""
    return [f"--num-cpus={cpus}", f"--object-store-memory={object_store_bytes}", f"--temp-dir={folder}"]


def wait_until_up(dashboard: str, token: str, ended: Callable[[], bool], log: Path) -> None:
    """Until the head answers; AffectError with the end of its log when it has ended or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            JobSubmissionClient(dashboard, headers={"Authorization": f"Bearer {token}"}).list_jobs()
        except (ConnectionError, RuntimeError) as error:
            if ended() or time.monotonic() > deadline:
                lines = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
                raise AffectError(f"the Ray cluster did not start ({error}); its log ends:\n{lines}") from error
            time.sleep(0.5)
        else:
            return


def submit(dashboard: str, environment: Mapping[str, str], *entrypoint: str, project: Path = PROJECT) -> None:
    """Send a job with ``ray job submit``, show its log as it grows and wait for its end.

    The code of ``project`` goes along; data does not (.rayignore, .gitignore). Raises AffectError on failure.
    """
    command = [ray_command(), "job", "submit", "--address", dashboard, "--working-dir", str(project), "--"]
    # Ray's own notes on the upload go to standard error, the job's log to standard output.
    result = subprocess.run([*command, *entrypoint], env=environment, stderr=subprocess.PIPE, check=False)
    if result.returncode:
        notes = result.stderr.decode(errors="replace")[-2000:]
        raise AffectError(f"the job failed: {' '.join(entrypoint)}\n{notes}")
