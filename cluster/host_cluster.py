"""A Ray cluster whose hosts are network namespaces of this machine, which can be killed and unplugged.

Host h1 has the head, the others a node each; with S3 a further host has a SeaweedFS server. All hosts share this
machine's cores, memory and files, but reach each other over the network alone. The cluster outlives the process that
brought it up: its folder tells later ones what there is.
"""

import ipaddress
import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import httpx
from pydantic import Field, field_validator

from affect import storage
from affect.configuration import Configuration, differences
from affect.errors import AffectError
from cluster import seaweedfs
from cluster.namespaces import INTERFACE, MAX_NAME, Network, check_tools
from cluster.nodes import (
    START_SECONDS,
    head_command,
    new_token,
    node_command,
    node_environment,
    node_size,
    submit,
    wait_until_up,
)

FOLDERS = Path("/tmp/affect-hosts")  # noqa: S108 - a short path, as sockets lie below it; only root may enter
HEAD = "h1"
S3 = "s3"
S3_NUMBER = 100
BUCKET = "affect"
GCS_PORT = 6379
DASHBOARD_PORT = 8265

QUICK = {
    # Ray's own are 5000, 3000, 10000 ms and 5: a node whose host is dead is given up after about 20 s, one that is cut
    # off after up to a minute. These take about 5 and 20 s.
    "RAY_health_check_initial_delay_ms": "2000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_timeout_ms": "3000",
    "RAY_health_check_failure_threshold": "5",
    # Ray Train's own is 2 s: how often a trainer asks how its workers are.
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",
}
"""How soon a lost host is noticed."""

# Ray Train's own is 60 s, in which several workers on few cores may not get their imports done.
PATIENT = {"RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "180"}

# Each node would see the whole machine's memory as its own: short of it, all of them would end workers at once.
NO_MEMORY_MONITOR = {"RAY_memory_monitor_refresh_ms": "0"}

# Not the interface that a host's name leads to, which in a namespace is loopback.
INTERFACES = dict.fromkeys(("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME", "TP_SOCKET_IFNAME"), INTERFACE)


class HostsSettings(Configuration):
    """What a cluster is made of."""

    name: str = Field(default="hosts", pattern=rf"^[a-z][a-z0-9]{{0,{MAX_NAME - 1}}}$")
    hosts: int = Field(default=3, ge=1, le=S3_NUMBER - 1)
    """The head's among them."""
    cpus: int = Field(default=3, ge=1)
    """Logical ones of each host: how many tasks and workers it takes at a time."""
    object_store_mb: int = Field(default=150, ge=80)
    """Of each host."""
    s3: bool = False
    """A SeaweedFS server on one more host."""
    subnet: str = "10.77.0.0/24"

    @field_validator("subnet")
    @classmethod
    def _large_enough(cls, text: str) -> str:
        if ipaddress.IPv4Network(text).prefixlen > 24:
            raise ValueError("give a network of at least 256 addresses, for example 10.77.0.0/24")
        return text


class _State(HostsSettings):
    """What is kept of a cluster that is up."""

    token: str
    access_key: str = "affect"
    secret_key: str
    s3_ports: dict[str, int]


@dataclass(frozen=True)
class Host:
    """How one host is."""

    name: str
    address: str
    role: Literal["head", "node", "S3"]
    plugged: bool
    processes: int
    state: Literal["up", "cut off", "dead"]
    """Cut off is a host whose node or server runs but is not reached: nothing of it is lost, yet the head may have
    given it up."""


class HostCluster:
    """The cluster ``name``; made by ``up``, found again by ``find``."""

    def __init__(self, state: _State) -> None:
        self._state = state
        self.folder = FOLDERS / state.name
        self.network = Network(state.name, ipaddress.IPv4Network(state.subnet))
        self.nodes = {f"h{number}": self.network.address(number) for number in range(1, state.hosts + 1)}
        self.dashboard = f"http://{self.nodes[HEAD]}:{DASHBOARD_PORT}"
        self.s3_address = self.network.address(S3_NUMBER)
        self.bucket = f"s3://{BUCKET}"

    @property
    def settings(self) -> HostsSettings:
        return HostsSettings(**self._state.model_dump(include=set(HostsSettings.model_fields)))

    @classmethod
    def find(cls, name: str) -> Self:
        """The cluster that was brought up under ``name``; AffectError where there is none."""
        check_tools()
        path = FOLDERS / name / "cluster.yaml"
        if not path.exists():
            there = sorted(each.parent.name for each in FOLDERS.glob("*/cluster.yaml"))
            raise AffectError(f"no cluster {name} is up here; there are: {', '.join(there) or 'none'}")
        return cls(_State.from_yaml(storage.read_text(path)))

    @classmethod
    def up(cls, name: str, wanted: Mapping[str, Any] | None = None) -> Self:
        """Bring up what is not up: all of a new cluster; of one that is there, lost hosts and pulled cables.

        ``wanted`` are fields of HostsSettings; those not given are the defaults, or as they are. Where the head was
        lost, all nodes start anew with it: they belonged to the old one. Raises AffectError where the machine cannot
        have the cluster, or one of this name is otherwise.
        """
        wanted = {"name": name} | dict(wanted or {})
        path = FOLDERS / name / "cluster.yaml"
        check_tools()
        if path.exists():
            cluster = cls.find(name)
            settings = HostsSettings.parse(cluster.settings.model_dump() | wanted)
            if changed := differences(cluster.settings, settings):
                raise AffectError(
                    f"the cluster {name} is up with other settings:\n  " + "\n  ".join(changed) + "\n"
                    "take it down first, or give another --name and --subnet"
                )
        else:
            settings = HostsSettings.parse(wanted)
            if settings.s3:
                seaweedfs.program()
            FOLDERS.mkdir(mode=0o700, exist_ok=True)
            if FOLDERS.stat().st_uid != os.geteuid():
                raise AffectError(f"{FOLDERS} belongs to another user; remove it")
            ports = seaweedfs.free_server_ports()
            state = _State(**settings.model_dump(), token=new_token(), secret_key=new_token(), s3_ports=ports)
            cluster = cls(state)
            cluster.network.create()
            storage.write_text(path, state.to_yaml())
        cluster._mend()
        return cluster

    def down(self) -> None:
        """Kill all its processes, remove its network and its folder, with what was stored on its S3 server."""
        self.network.remove()
        seaweedfs.remove_sockets(self._state.s3_ports)
        shutil.rmtree(self.folder)

    @property
    def environment(self) -> dict[str, str]:
        """What clients need: the token, and the way to the S3 server."""
        environment = node_environment(self._state.token)
        there = [*self.nodes.values(), self.s3_address, "127.0.0.1", "localhost"]
        for name in ("NO_PROXY", "no_proxy"):
            environment[name] = ",".join(filter(None, [environment.get(name), *there]))
        return environment | self.client_settings

    @property
    def client_settings(self) -> dict[str, str]:
        """Of ``environment``, what is this cluster's own."""
        settings = {
            "RAY_API_SERVER_ADDRESS": self.dashboard,
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": self._state.token,
        }
        if self._state.s3:
            endpoint = f"http://{self.s3_address}:{self._state.s3_ports[seaweedfs.S3_PORT]}"
            settings |= seaweedfs.client_environment(endpoint, self._state.access_key, self._state.secret_key)
        return settings

    def submit(self, *entrypoint: str) -> None:
        """Send a job from outside the hosts, show its log and wait for its end; AffectError when it fails."""
        submit(self.dashboard, self.environment, *entrypoint)

    def kill(self, host: str) -> None:
        """End all processes of a host at once, as when its power is cut."""
        self.network.kill(self._known(host))

    def start(self, host: str) -> None:
        """Bring a dead host back as a new node; nothing where it is up. AffectError when the head is lost."""
        if self._known(host) == S3:
            self._start_s3()
            return
        if host != HEAD and not self._head_runs():
            raise AffectError(f"the head ({HEAD}) is lost, {host} has nothing to join; bring all up again with up")
        self._start_nodes([host])

    def unplug(self, host: str) -> None:
        """Pull a host's cable; its processes go on."""
        self.network.unplug(self._known(host))

    def plug(self, host: str) -> None:
        """Put a host's cable back; a node that the head gave up meanwhile ends itself, ``start`` brings it back."""
        self.network.plug(self._known(host))

    def hosts(self) -> list[Host]:
        """How each host is."""
        alive = self._alive() if self._head_runs() else set()
        return [self._host(name, alive) for name in [*self.nodes, *([S3] if self._state.s3 else [])]]

    def _host(self, name: str, alive: set[str]) -> Host:
        processes, address = self.network.processes(name), self._address(name)
        plugged = self.network.plugged(name)
        state: Literal["up", "cut off", "dead"] = "dead"
        if name == S3 and processes:
            state = "up" if plugged else "cut off"
        elif _raylet(processes):
            state = "up" if plugged and address in alive else "cut off"
        role: Literal["head", "node", "S3"] = {HEAD: "head", S3: "S3"}.get(name, "node")  # type: ignore[assignment]
        return Host(name, address, role, plugged, len(processes), state)

    def _address(self, host: str) -> str:
        return self.s3_address if host == S3 else self.nodes[host]

    def _known(self, host: str) -> str:
        known = [*self.nodes, *([S3] if self._state.s3 else [])]
        if host not in known:
            raise AffectError(f"there is no host {host}; there are {', '.join(known)}")
        return host

    def _mend(self) -> None:
        every = [*self.nodes, *([S3] if self._state.s3 else [])]
        for host in every:
            self.network.add(host, self._address(host))
            self.network.plug(host)
        if self._state.s3:
            self._start_s3()
        if not self._head_runs():
            for host in self.nodes:
                self.network.kill(host)
        self._start_nodes(self.nodes)

    def _head_runs(self) -> bool:
        return any("/gcs_server" in line for line in self.network.processes(HEAD).values())

    def _alive(self) -> set[str]:
        """Addresses of the nodes that the head holds for alive."""
        try:
            answer = httpx.get(
                f"{self.dashboard}/api/v0/nodes",
                params={"filter_keys": "state", "filter_predicates": "=", "filter_values": "ALIVE"},
                headers={"Authorization": f"Bearer {self._state.token}"},
                timeout=10,
                trust_env=False,
            )
            answer.raise_for_status()
        except httpx.HTTPError:  # it is starting, cut off or dying
            return set()
        return {node["node_ip"] for node in answer.json()["data"]["result"]["result"]}

    def _start_nodes(self, hosts: Iterable[str]) -> None:
        """Those of ``hosts`` that are dead, the head first and the others at once."""
        dead = [host for host in hosts if not self._runs(host)]
        if HEAD in dead:
            dead.remove(HEAD)
            self._run(HEAD, head_command(self.nodes[HEAD], GCS_PORT, DASHBOARD_PORT))
            wait_until_up(
                self.dashboard, self._state.token, lambda: not self._head_runs(), self.folder / HEAD / "start.log"
            )
        head = f"{self.nodes[HEAD]}:{GCS_PORT}"
        with ThreadPoolExecutor(max_workers=len(self.nodes)) as pool:
            for _ in pool.map(lambda host: self._run(host, node_command(self.nodes[host], head)), dead):
                pass
        deadline = time.monotonic() + START_SECONDS
        while missing := [host for host in dead if self.nodes[host] not in self._alive()]:
            if time.monotonic() > deadline:
                raise AffectError(f"{', '.join(missing)} did not join the head; logs lie in {self.folder}")
            time.sleep(0.5)

    def _runs(self, host: str) -> bool:
        return _raylet(self.network.processes(host)) and (host == HEAD or self.nodes[host] in self._alive())

    def _run(self, host: str, command: list[str]) -> None:
        """``ray start`` on a host, on which nothing of an earlier node is left."""
        self.network.kill(host)
        folder = self.folder / host
        folder.mkdir(exist_ok=True)
        size = node_size(self._state.cpus, self._state.object_store_mb * 2**20, folder)
        with (folder / "start.log").open("wb") as log:
            result = subprocess.run(
                self.network.inside(host, [*command, *size]),
                env=self.environment | QUICK | PATIENT | NO_MEMORY_MONITOR | INTERFACES,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, check=False,
            )  # fmt: skip
        if result.returncode:
            lines = (folder / "start.log").read_text(errors="replace").splitlines()[-20:]
            raise AffectError(f"Ray did not start on {host}:\n" + "\n".join(lines))

    def _start_s3(self) -> None:
        folder = self.folder / S3
        folder.mkdir(exist_ok=True)
        if not self.network.processes(S3):
            command = seaweedfs.server_command(
                folder, self.s3_address, self._state.access_key, self._state.secret_key, self._state.s3_ports
            )
            with (folder / "weed.log").open("wb") as log:
                subprocess.Popen(
                    self.network.inside(S3, command),
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                )  # fmt: skip
        seaweedfs.make_bucket(BUCKET, self.client_settings, lambda: not self.network.processes(S3), folder / "weed.log")


def _raylet(processes: Mapping[int, str]) -> bool:
    """Whether Ray's node is among them; its log monitor outlives it."""
    return any("/raylet " in line for line in processes.values())
