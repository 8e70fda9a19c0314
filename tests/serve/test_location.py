"""URIs compared with what is allowed: what lies below a place, and what only looks as if it did."""

import pytest

from affect.errors import AffectError
from serve.location import Location
from serve.settings import Sources

HTTPS, S3 = "https://media.example.org/clips/", "s3://bucket/clips"


@pytest.mark.parametrize(
    ("uri", "prefix", "below"),
    [
        ("https://media.example.org/clips/a.mp4", HTTPS, True),
        ("https://MEDIA.example.org:443/clips/a/b.mp4?signature=%2Fx#t", HTTPS, True),
        ("https://media.example.org/clips%2Dold/../clips/a.mp4", HTTPS, True),  # read as browsers read it
        ("https://media.example.org/cl%69ps/a.mp4", HTTPS, True),
        ("https://media.example.org/clips-of-others/a.mp4", HTTPS, False),
        ("https://media.example.org/a.mp4", HTTPS, False),
        ("https://media.example.org/clips/../a.mp4", HTTPS, False),
        ("http://media.example.org/clips/a.mp4", HTTPS, False),
        ("https://media.example.org:8443/clips/a.mp4", HTTPS, False),
        ("https://media.example.org.example.com/clips/a.mp4", HTTPS, False),
        ("https://media.example.org./clips/a.mp4", HTTPS, False),
        ("https://example.com/https://media.example.org/clips/a.mp4", HTTPS, False),
        ("https://example.com/?https://media.example.org/clips/", HTTPS, False),
        ("https://any.example.org/a.mp4", "https://any.example.org", True),
        ("s3://bucket/clips/a.mp4", S3, True),
        ("s3://bucket/clips-of-others/a.mp4", S3, False),
        ("s3://bucket2/clips/a.mp4", S3, False),
        ("s3://bucket/a b?c#d.mp4", "s3://bucket", True),
    ],
)
def test_what_lies_below_a_prefix(uri: str, prefix: str, below: bool) -> None:
    assert Location.of(uri).below(Location.of_prefix(prefix)) == below


@pytest.mark.parametrize(
    "uri",
    [
        "https://media.example.org/clips/%2e%2e/a.mp4", "https://media.example.org/clips/..;/a.mp4",
        "https://media.example.org/clips/..%2fa.mp4", "https://media.example.org/clips/..%5Ca.mp4",
        "https://media.example.org/clips\\..\\a.mp4", "https://media.example.org/clips/%00",
        "https://media.example.org@example.com/clips/a.mp4", "https://me:secret@media.example.org/clips/a.mp4",
        "https:///clips/a.mp4", "https://[::1", "file:///etc/passwd", "/etc/passwd", "", "ftp://media.example.org/a",
        "s3://bucket/clips/../a.mp4", "s3://bucket/clips//a.mp4", "s3://bucket/clips/a\n", "s3:///clips/a.mp4",
        "s3://bucket?endpoint_override=example.com/clips/a.mp4", "S3://bucket/clips/a.mp4", "s3://key:secret@bucket/a",
    ],
)  # fmt: skip
def test_what_another_reader_could_read_in_another_way_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="it"):
        Location.of(uri)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"allowed": ["media.example.org"]}, "media.example.org.*s3://BUCKET/KEY"),
        ({"allowed": ["https://media.example.org/?a=b"]}, "ends in a query"),
        ({"allowed": ["https://"]}, "no place below which"),
        ({"networks": ["10.1.2.3/8"]}, "networks"),
    ],
)
def test_settings_that_cannot_be_obeyed_are_refused(settings: dict[str, list[str]], message: str) -> None:
    with pytest.raises(AffectError, match=message):
        Sources.parse(settings)
