"""Files by URI from real servers on loopback: only from where it is allowed, and only from addresses that are."""

import asyncio
import ipaddress
import ssl
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from affect import storage
from affect.interface.problems import Code
from serve.certificate import CERTIFICATE, KEY, self_signed
from serve.fetching import HOPS, Address, Fetcher, is_public, resolve
from serve.problems import ProblemError
from serve.settings import Limits, Sources
from serve.upload import Upload
from tests.serve.file_server import FileServer, file_server

FILES = {"clip.mov": b"a file " * 30_000, "empty": b""}
HERE, THERE = ("127.0.0.1/32",), "127.0.0.2"


@pytest.fixture(scope="module")
def here() -> Iterator[FileServer]:
    with file_server("127.0.0.1", FILES) as server:
        yield server


@pytest.fixture(scope="module")
def there() -> Iterator[FileServer]:
    """At an address of this machine that nobody has allowed."""
    with file_server(THERE, FILES) as server:
        yield server


def fetched(uri: str, fetcher: Fetcher, most: int = 10**6) -> bytes:
    async def fetch() -> bytes:
        upload = Upload(Limits(video_bytes=most), fetcher)
        try:
            await fetcher.fetch(uri, upload)
            upload.file.seek(0)
            return upload.file.read()
        finally:
            upload.close()

    return asyncio.run(fetch())


def refused(uri: str, fetcher: Fetcher, **options: Any) -> Code:
    with pytest.raises(ProblemError) as error:
        fetched(uri, fetcher, **options)
    return error.value.code


def allowing(*prefixes: str, networks: Sequence[str] = HERE, **options: Any) -> Fetcher:
    return Fetcher(Sources.parse({"allowed": prefixes, "networks": networks}), **options)


def resolving(*answers: str) -> Any:
    """A resolver that says something else each time, and then the last again."""
    left = list(answers)
    asked = []

    async def resolve(host: str, port: int) -> list[Address]:
        asked.append(host)
        return [ipaddress.ip_address(one) for one in (left.pop(0) if len(left) > 1 else left[0]).split()]

    resolve.asked = asked  # type: ignore[attr-defined]
    return resolve


def test_a_file_is_brought_and_redirects_within_what_is_allowed_are_followed(here: FileServer) -> None:
    fetcher = allowing(f"{here.url}/clips", f"{here.url}/other")
    for path in ("clips/clip.mov?signature=a%2Fb", "clips/moved?clip.mov", f"clips/moved?{here.url}/other/clip.mov"):
        assert fetched(f"{here.url}/{path}", fetcher) == FILES["clip.mov"]


def test_nothing_is_fetched_unless_it_is_allowed(here: FileServer) -> None:
    before = len(here.asked)
    assert refused(f"{here.url}/clips/clip.mov", Fetcher(Sources())) == "uri_refused"
    assert refused(f"{here.url}/clips-not/clip.mov", allowing(f"{here.url}/clips")) == "uri_refused"
    assert refused("file:///etc/passwd", allowing(f"{here.url}/clips")) == "uri_refused"
    assert refused(f"{here.url}/clips/clip.mov", allowing(here.url, networks=())) == "uri_refused"
    assert len(here.asked) == before


@pytest.mark.parametrize(
    "target", ["{there}/clips/clip.mov", "/secret/clip.mov", "file:///etc/passwd", "s3://models/a", "//{there_host}/x"]
)
def test_a_redirect_is_refused_as_its_target_would_be(target: str, here: FileServer, there: FileServer) -> None:
    target = target.format(there=there.url, there_host=there.url.partition("//")[2])
    assert refused(f"{here.url}/clips/moved?{target}", allowing(f"{here.url}/clips")) == "uri_refused"
    assert not there.asked


def test_a_redirect_to_an_allowed_place_at_a_private_address_is_refused(here: FileServer, there: FileServer) -> None:
    both = (f"{here.url}/clips", f"{there.url}/clips")
    uri = f"{here.url}/clips/moved?{there.url}/clips/clip.mov"
    assert refused(uri, allowing(*both)) == "uri_refused"
    assert not there.asked
    assert fetched(uri, allowing(*both, networks=["127.0.0.0/8"])) == FILES["clip.mov"]
    there.asked.clear()


def test_redirects_end(here: FileServer) -> None:
    def round_and_round(times: int) -> str:
        return "clip.mov" if not times else f"moved?{round_and_round(times - 1)}"

    fetcher = allowing(here.url)
    assert fetched(f"{here.url}/clips/{round_and_round(HOPS)}", fetcher) == FILES["clip.mov"]
    assert refused(f"{here.url}/clips/{round_and_round(HOPS + 1)}", fetcher) == "uri_unavailable"


def test_what_a_name_means_later_does_not_matter(here: FileServer) -> None:
    """The address that was looked at is the one that is connected to; each redirect is looked up, and at, again."""
    with file_server(THERE, {"clip.mov": b"secret"}, port=here.port) as there:
        rebound = resolving("127.0.0.1", THERE)
        url = f"http://media.test:{here.port}"
        fetcher = allowing(url, resolve=rebound)
        assert fetched(f"{url}/clips/clip.mov", fetcher) == FILES["clip.mov"]
        assert here.asked[-1] == ("/clips/clip.mov", f"media.test:{here.port}")
        assert rebound.asked == ["media.test"]
        assert refused(f"{url}/clips/clip.mov", fetcher) == "uri_refused"
        moved = allowing(url, resolve=resolving("127.0.0.1", THERE))
        assert refused(f"{url}/clips/moved?clip.mov", moved) == "uri_refused"
        assert not there.asked


def test_of_several_addresses_those_are_tried_that_are_allowed(here: FileServer) -> None:
    url = f"http://media.test:{here.port}"
    networks = ["127.0.0.1/32", "127.0.0.9/32"]  # nobody listens at the second one
    fetcher = allowing(url, networks=networks, resolve=resolving(f"{THERE} 127.0.0.9 ::ffff:127.0.0.1"))
    assert fetched(f"{url}/clips/clip.mov", fetcher) == FILES["clip.mov"]
    nobody = allowing(url, networks=networks, resolve=resolving("127.0.0.9"))
    assert refused(f"{url}/clips/clip.mov", nobody) == "uri_unavailable"


@pytest.mark.parametrize("name", ["media.test", "other.test"])
def test_the_certificate_is_of_the_name_and_not_of_the_address(name: str, tmp_path: Path) -> None:
    for path, content in zip(
        (tmp_path / CERTIFICATE, tmp_path / KEY), self_signed(["media.test"], days=1), strict=True
    ):
        path.write_bytes(content)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / CERTIFICATE, tmp_path / KEY)
    trust = ssl.create_default_context(cafile=tmp_path / CERTIFICATE)
    with file_server("127.0.0.1", FILES, tls) as server:
        url = f"https://{name}:{server.port}"
        fetcher = allowing(url, resolve=resolving("127.0.0.1"), trust=trust)
        if name == "media.test":
            assert fetched(f"{url}/clip.mov", fetcher) == FILES["clip.mov"]
        else:
            assert refused(f"{url}/clip.mov", fetcher) == "uri_unavailable"


@pytest.mark.parametrize(
    ("path", "code"),
    [("endless", "video_too_large"), ("announced", "video_too_large"), ("cut", "uri_unavailable"),
     ("folded", "uri_unavailable"), ("no-http", "uri_unavailable"), ("nowhere", "uri_unavailable"),
     ("moved?http://[", "uri_refused"), ("moved?http://a:b/", "uri_refused")],
)  # fmt: skip
def test_a_server_that_gives_too_much_or_not_what_it_should_is_told(path: str, code: Code, here: FileServer) -> None:
    assert refused(f"{here.url}/{path}", allowing(here.url), most=100_000) == code


def test_whoever_has_no_more_time_leaves(here: FileServer) -> None:
    began = threading.Event()

    class Noting:
        def expect(self, size: int) -> None:
            assert size == 1000

        def write(self, data: bytes) -> None:
            began.set()

    async def leave() -> None:
        fetching = asyncio.create_task(allowing(here.url).fetch(f"{here.url}/slow", Noting()))
        assert await asyncio.to_thread(began.wait, 60)
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching

    here.left.clear()
    asyncio.run(leave())
    assert here.left.wait(60)


def test_an_object_of_s3_is_read_by_prefix_and_no_further_than_the_limit(s3: str) -> None:
    for key in ("clips/a b.mov", "secret/a.mov"):
        storage.write_bytes(storage.join(s3, "fetched", key), FILES["clip.mov"])
    fetcher = allowing(f"{s3}/fetched/clips", networks=())
    assert fetched(f"{s3}/fetched/clips/a b.mov", fetcher) == FILES["clip.mov"]
    assert refused(f"{s3}/fetched/clips/a b.mov", fetcher, most=1000) == "video_too_large"
    assert refused(f"{s3}/fetched/clips/none.mov", fetcher) == "uri_unavailable"
    assert refused(f"{s3}/fetched/clips", fetcher) == "uri_unavailable"
    assert refused(f"{s3}/fetched/secret/a.mov", fetcher) == "uri_refused"
    assert refused("s3://no-such-bucket/a", allowing("s3://no-such-bucket")) == "uri_unavailable"


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1",  # noqa: S104
        "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.0.0.8", "192.0.2.1",
        "192.168.1.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1",
        "::127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "100::1", "2001::1", "2001:db8::1", "2002:a00:1::",
        "3fff::1", "fc00::1", "fd00::1", "fe80::1", "fec0::1", "ff02::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "172.32.0.1", "::ffff:1.1.1.1", "2606:4700::1111", "2a00:1450::1"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("written", ["127.0.0.1", "0x7f.1", "2130706433", "localhost", "::1"])
def test_however_an_address_of_this_machine_is_written_it_is_one(written: str) -> None:
    found = asyncio.run(resolve(written, 80))
    assert found
    assert not any(map(is_public, found))
