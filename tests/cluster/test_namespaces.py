"""Networks of namespaces: what is cut off, what is killed, what is left."""

import ipaddress
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from affect.errors import AffectError
from cluster import namespaces
from cluster.namespaces import Network, check_tools

pytestmark = pytest.mark.cluster

SERVER = [sys.executable, "-m", "http.server", "80"]


def reaches(address: str) -> bool:
    try:
        return httpx.get(f"http://{address}", timeout=1, trust_env=False).is_success
    except httpx.TransportError:
        return False


def until(address: str, answers: bool, patience_s: float = 30) -> None:
    deadline = time.monotonic() + patience_s
    while reaches(address) != answers:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def network() -> Iterator[Network]:
    """Two hosts a and b, each with a server."""
    made = Network("try", ipaddress.IPv4Network("10.79.1.0/24"))
    try:
        made.create()
        for number, host in enumerate("ab", start=1):
            made.add(host, made.address(number))
            subprocess.Popen(made.inside(host, SERVER), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for number in (1, 2):
            until(made.address(number), answers=True)
        yield made
    finally:
        made.remove()


def test_a_cable_is_pulled_and_put_back(network: Network) -> None:
    before = network.processes("a")
    network.unplug("a")
    assert not network.plugged("a")
    until("10.79.1.1", answers=False)
    assert reaches("10.79.1.2")
    network.plug("a")
    assert network.plugged("a")
    until("10.79.1.1", answers=True)
    assert network.processes("a") == before


def test_hosts_reach_each_other_and_nothing_else(network: Network) -> None:
    ask = "import sys, httpx; print(httpx.get(sys.argv[1], timeout=5, trust_env=False).status_code)"
    asked = subprocess.run(
        network.inside("a", [sys.executable, "-c", ask, "http://10.79.1.2"]), capture_output=True, text=True, check=True
    )
    assert asked.stdout == "200\n"
    routes = subprocess.run(network.inside("a", ["ip", "route"]), capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in routes.splitlines()] == ["10.79.1.0/24"]


def test_one_host_is_killed(network: Network) -> None:
    assert any("http.server" in line for line in network.processes("a").values())
    network.kill("a")
    assert not network.processes("a")
    assert network.processes("b")


def test_what_is_there_is_left_and_nothing_stays(network: Network) -> None:
    processes = network.processes("b")
    network.create()
    network.add("b", "10.79.1.2")
    assert network.processes("b") == processes
    network.remove()
    assert network.namespaces() == []
    links = subprocess.run(["ip", "-brief", "link"], capture_output=True, text=True, check=True).stdout
    assert "aff-try-" not in links
    network.remove()


def test_addresses_in_use_are_refused(network: Network) -> None:
    with pytest.raises(AffectError, match=r"aff-try-br has 10\.79\.1\.0/24; give another --subnet"):
        Network("other", ipaddress.IPv4Network("10.79.0.0/16")).create()


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces.os, "geteuid", lambda: 1000)
    with pytest.raises(AffectError, match="need root"):
        check_tools()
    monkeypatch.setattr(namespaces.shutil, "which", lambda *_, **__: None)
    with pytest.raises(AffectError, match="install iproute2"):
        check_tools()
