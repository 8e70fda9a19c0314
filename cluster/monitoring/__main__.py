"""``python -m cluster.monitoring``: Prometheus and Grafana for the Ray cluster whose head runs on this host."""

import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from affect.command_line import run_app
from affect.errors import AffectError
from cluster.monitoring.dashboard import UID
from cluster.monitoring.files import LOOPBACK, Monitoring

app = typer.Typer(add_completion=False, help=__doc__)
console = Console(highlight=False, soft_wrap=True)

GRAFANA_HOME = Path("/usr/share/grafana")
"""Where Grafana's packages put what its server needs."""
DAYS = 30
"""That Prometheus keeps."""


@app.command()
def main(
    out: Annotated[Path, typer.Option(help="folder for configuration and what the programs store")] = Path(
        "monitoring-output"
    ),
    ray_folder: Annotated[Path, typer.Option(help="Ray's temporary folder, as of ray start --temp-dir")] = Path(
        "/tmp/ray"  # noqa: S108  # Ray's own default
    ),
    prometheus_port: Annotated[int, typer.Option(help="where Prometheus listens, on loopback")] = 9090,
    grafana_port: Annotated[int, typer.Option(help="where Grafana listens, on loopback")] = 3000,
    write_only: Annotated[bool, typer.Option("--write-only", help="write the configuration, start nothing")] = False,
) -> None:
    """Configure Prometheus and Grafana for the Ray cluster whose head runs here; run both on loopback until Ctrl-C."""
    monitoring = Monitoring(out.resolve(), ray_folder, prometheus_port, grafana_port)
    monitoring.write()
    console.print(f"configuration: {monitoring.folder}")
    if write_only:
        return
    signal.signal(signal.SIGTERM, _interrupt)  # what `ray job stop` sends
    with contextlib.ExitStack() as ending:
        programs = [ending.enter_context(running_prometheus(monitoring))]
        console.print(f"Prometheus: http://{LOOPBACK}:{prometheus_port}")
        if shutil.which("grafana"):
            programs.append(ending.enter_context(running_grafana(monitoring)))
            console.print(f"Grafana: http://{LOOPBACK}:{grafana_port}/d/{UID}")
        else:
            console.print("Grafana is not installed here: docs/monitoring.md says how to get it or use another")
        with contextlib.suppress(KeyboardInterrupt):
            while all(program.poll() is None for program in programs):
                time.sleep(1)
            raise AffectError(f"a program ended by itself; its log is in {monitoring.folder}")


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def running_prometheus(monitoring: Monitoring) -> Iterator[subprocess.Popen[bytes]]:
    """Prometheus on loopback while the block lasts."""
    program = shutil.which("prometheus")
    if program is None:
        raise AffectError("prometheus is not installed here: apt-get install prometheus, or use --write-only")
    with _running(
        [
            program,
            f"--config.file={monitoring.prometheus_config}",
            f"--web.listen-address={LOOPBACK}:{monitoring.prometheus_port}",
            f"--storage.tsdb.path={monitoring.folder / 'prometheus'}",
            f"--storage.tsdb.retention.time={DAYS}d",
        ],
        monitoring.folder / "prometheus.log",
    ) as running:
        yield running


@contextlib.contextmanager
def running_grafana(monitoring: Monitoring) -> Iterator[subprocess.Popen[bytes]]:
    """Grafana on loopback while the block lasts."""
    command = ["grafana", "server", f"--homepath={GRAFANA_HOME}", f"--config={monitoring.grafana_config}"]
    with _running(command, monitoring.folder / "grafana.log") as running:
        yield running


@contextlib.contextmanager
def _running(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        program = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
    try:
        yield program
    finally:
        program.terminate()
        try:
            program.wait(20)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


if __name__ == "__main__":
    run_app(app)
