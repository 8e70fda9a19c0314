"""Hosts of their own network on one machine: Linux network namespaces, each with one cable to a bridge.

Everything made carries the network's name, so that several exist side by side and each can be removed alone. Needs
Linux, root, and ``ip`` of iproute2.
"""

import contextlib
import ipaddress
import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affect.errors import AffectError

PREFIX = "aff"
INTERFACE = "eth0"
"""A host's end of its cable."""

MAX_NAME = 7
"""Names of interfaces are limited to 15 characters: prefix, name of the network, name of the host."""


@dataclass(frozen=True)
class Network:
    """The bridge ``name`` with the addresses of ``subnet``; this machine itself has the last one."""

    name: str
    subnet: ipaddress.IPv4Network

    @property
    def bridge(self) -> str:
        return f"{PREFIX}-{self.name}-br"

    def namespace(self, host: str) -> str:
        return f"{PREFIX}-{self.name}-{host}"

    def address(self, number: int) -> str:
        """The ``number``-th address, from 1."""
        return str(self.subnet[number])

    def create(self) -> None:
        """Make the bridge where it is missing; AffectError where another network of this machine has its addresses."""
        if self._link(self.bridge) is not None:
            return
        for link in _json("-4", "addr", "show"):
            for each in link["addr_info"]:
                other = ipaddress.ip_interface(f"{each['local']}/{each['prefixlen']}").network
                if self.subnet.overlaps(other):
                    raise AffectError(
                        f"the addresses {self.subnet} are in use: {link['ifname']} has {other}; give another --subnet"
                    )
        _ip("link", "add", self.bridge, "type", "bridge")
        _ip("addr", "add", f"{self.subnet[-2]}/{self.subnet.prefixlen}", "dev", self.bridge)
        _ip("link", "set", self.bridge, "up")

    def add(self, host: str, address: str) -> None:
        """A namespace for ``host`` with its cable plugged in; nothing where it is there already."""
        namespace = self.namespace(host)
        if namespace in self.namespaces():
            return
        _ip("netns", "add", namespace)
        # Both ends have the same name but live in different namespaces.
        _ip("link", "add", namespace, "type", "veth", "peer", "name", INTERFACE, "netns", namespace)
        _ip("link", "set", namespace, "master", self.bridge)
        _ip("link", "set", namespace, "up")
        _ip("-n", namespace, "addr", "add", f"{address}/{self.subnet.prefixlen}", "dev", INTERFACE)
        for interface in (INTERFACE, "lo"):
            _ip("-n", namespace, "link", "set", interface, "up")

    def remove(self) -> None:
        """Kill all processes of all hosts and remove everything that was made."""
        namespaces = self.namespaces()
        for namespace in namespaces:
            self._kill(namespace)
            if self._link(namespace) is not None:  # its cable would stay until the kernel has closed all connections
                _ip("link", "delete", namespace)
            _ip("netns", "delete", namespace)
        if self._link(self.bridge) is not None:
            _ip("link", "delete", self.bridge)

    def namespaces(self) -> list[str]:
        """Of this network, sorted."""
        start = self.namespace("")
        return sorted(each["name"] for each in _json("netns", "list") if each["name"].startswith(start))

    def inside(self, host: str, command: list[str]) -> list[str]:
        """``command`` to be run in the network of ``host``."""
        return [_tool(), "netns", "exec", self.namespace(host), *command]

    def processes(self, host: str) -> dict[int, str]:
        """The command line of each process of ``host``, by its id."""
        return _processes(self.namespace(host))

    def kill(self, host: str) -> None:
        """SIGKILL to all processes of ``host`` at once, as when its power is cut; returns when they are gone."""
        self._kill(self.namespace(host))

    def unplug(self, host: str) -> None:
        """Pull the cable of ``host``: nothing reaches it and it reaches nothing, and no connection is closed."""
        _ip("link", "set", self.namespace(host), "down")

    def plug(self, host: str) -> None:
        _ip("link", "set", self.namespace(host), "up")

    def plugged(self, host: str) -> bool:
        link = self._link(self.namespace(host))
        return link is not None and "UP" in link["flags"]

    def _kill(self, namespace: str, patience_s: float = 30) -> None:
        deadline = time.monotonic() + patience_s
        while running := _processes(namespace):
            if time.monotonic() > deadline:
                raise AffectError(f"processes of {namespace} cannot be killed: {running}")
            for pid in running:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)

    def _link(self, name: str) -> dict[str, Any] | None:
        return next((link for link in _json("link", "show") if link["ifname"] == name), None)


def check_tools() -> None:
    """AffectError where network namespaces cannot be made here."""
    _tool()
    if os.geteuid() != 0:
        raise AffectError("network namespaces need root: run this with sudo")


def _tool() -> str:
    tool = shutil.which("ip", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if tool is None:
        raise AffectError("network namespaces need the program ip: install iproute2 (Linux only)")
    return tool


def _ip(*arguments: str) -> str:
    result = subprocess.run([_tool(), *arguments], capture_output=True, text=True, check=False)
    if result.returncode:
        raise AffectError(f"ip {' '.join(arguments)} failed: {result.stderr.strip()}")
    return result.stdout


def _json(*arguments: str) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = json.loads(_ip("-json", *arguments) or "[]")
    return answer


def _processes(namespace: str) -> dict[int, str]:
    found = {}
    for pid in map(int, _ip("netns", "pids", namespace).split()):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            line = Path(f"/proc/{pid}/cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ")
            found[pid] = line.decode(errors="replace")
    return found
