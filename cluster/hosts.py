"""Several hosts on this machine, in network namespaces: a Ray cluster to be tried, killed and unplugged.

``python -m cluster.hosts up`` brings it up, ``submit -- python -m jobs.train ...`` sends it work, ``down`` removes it.
Needs root and iproute2.
"""

import shlex
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from affect.command_line import run_app
from cluster.host_cluster import HostCluster, HostsSettings

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)
console = Console(highlight=False, soft_wrap=True)

DEFAULT = HostsSettings()

Name = Annotated[str, typer.Option(help="of the cluster; several can be up, on subnets of their own")]
HostName = Annotated[str, typer.Argument(metavar="HOST", help="as status shows it")]


@app.command()
def up(
    name: Name = DEFAULT.name,
    hosts: Annotated[int | None, typer.Option(help=f"the head's among them [default: {DEFAULT.hosts}]")] = None,
    cpus: Annotated[int | None, typer.Option(help=f"logical CPUs of each host [default: {DEFAULT.cpus}]")] = None,
    object_store_mb: Annotated[
        int | None, typer.Option(help=f"of each host [default: {DEFAULT.object_store_mb}]")
    ] = None,
    s3: Annotated[bool | None, typer.Option("--s3", help="a SeaweedFS S3 server on one more host")] = None,
    subnet: Annotated[str | None, typer.Option(help=f"addresses of the hosts [default: {DEFAULT.subnet}]")] = None,
) -> None:
    """Bring up the hosts that are not up: all of a new cluster, or what was lost of one that is there."""
    given = {"hosts": hosts, "cpus": cpus, "object_store_mb": object_store_mb, "s3": s3, "subnet": subnet}
    _show(HostCluster.up(name, {key: value for key, value in given.items() if value is not None}))


@app.command()
def down(name: Name = DEFAULT.name) -> None:
    """Kill all hosts and remove their network and files, the S3 server's among them."""
    HostCluster.find(name).down()
    console.print(f"The cluster {name} is gone; nothing of it runs.")


@app.command()
def status(name: Name = DEFAULT.name) -> None:
    """How each host is."""
    _show(HostCluster.find(name))


@app.command()
def kill(host: HostName, name: Name = DEFAULT.name) -> None:
    """End all processes of HOST at once, as when its power is cut."""
    HostCluster.find(name).kill(host)
    console.print(f"All processes of {host} are killed.")


@app.command()
def start(host: HostName, name: Name = DEFAULT.name) -> None:
    """Bring a dead HOST back, as a new node of the cluster."""
    cluster = HostCluster.find(name)
    cluster.start(host)
    _show(cluster)


@app.command()
def unplug(host: HostName, name: Name = DEFAULT.name) -> None:
    """Pull the network cable of HOST."""
    HostCluster.find(name).unplug(host)
    console.print(f"{host} is cut off; its processes go on.")


@app.command()
def plug(host: HostName, name: Name = DEFAULT.name) -> None:
    """Put the network cable of HOST back."""
    HostCluster.find(name).plug(host)
    console.print(f"{host} has its network again; if it was cut off for long, `start {host}` brings it back.")


@app.command()
def submit(
    entrypoint: Annotated[list[str], typer.Argument(help="after --: the job's command")], name: Name = DEFAULT.name
) -> None:
    """Send a job with the project's code, show its log and wait for its end."""
    HostCluster.find(name).submit(*entrypoint)


@app.command()
def env(name: Name = DEFAULT.name) -> None:
    """Print what ray, aws and python need in their environment to reach the cluster: eval "$(... env)"."""
    for key, value in HostCluster.find(name).client_settings.items():
        print(f"export {key}={shlex.quote(value)}")


def _show(cluster: HostCluster) -> None:
    table = Table("host", "address", "what", "network", "processes", "state")
    for host in cluster.hosts():
        cable = "plugged" if host.plugged else "[red]unplugged"
        state = host.state if host.state == "up" else f"[red]{host.state}"
        table.add_row(host.name, host.address, host.role, cable, str(host.processes), state)
    console.print(table)
    console.print(f"dashboard {cluster.dashboard}")
    if any(host.role == "S3" for host in cluster.hosts()):
        console.print(f"bucket    {cluster.bucket}")


if __name__ == "__main__":
    run_app(app)
