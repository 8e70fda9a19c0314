"""URIs taken apart, as far as one is compared with another that says what is allowed below it."""

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote

import httpx

S3 = "s3"
_PORTS = {"http": 80, "https": 443}
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
# What one server takes for a step upwards, another for a name: encoded separators, and a step with parameters.
_SEPARATORS = re.compile(r"\\|%2f|%5c", re.IGNORECASE)
_STEPS = (".", "..")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Location:
    """Where a file lies, or a folder below which files do."""

    scheme: str
    host: str
    """Of S3 the bucket."""
    port: int
    path: tuple[str, ...]
    """Its segments, decoded."""

    @classmethod
    def of(cls, uri: str) -> Self:
        """Raises ValueError, in words for whoever wrote ``uri``, where it is not one of the three kinds, or ambiguous.

        What it does not say, as the query, is not compared.
        """
        scheme, separator, rest = uri.partition("://")
        if separator and scheme == S3:
            bucket, _, key = rest.partition("/")
            if not _BUCKET.fullmatch(bucket):
                raise ValueError("its bucket is none; write s3://BUCKET/KEY")
            return cls(S3, bucket, 0, _segments(key, empty=False))
        try:
            url = httpx.URL(uri)
        except httpx.InvalidURL as error:
            raise ValueError(f"it cannot be read: {error}") from error
        if url.scheme not in _PORTS or not url.host:
            raise ValueError("it is none of https://HOST/PATH, http://HOST/PATH and s3://BUCKET/KEY")
        if url.userinfo:
            raise ValueError("it holds a user's name; leave out all that stands before the @")
        path = url.raw_path.partition(b"?")[0].decode("ascii")
        if _SEPARATORS.search(path):
            raise ValueError("its path holds a backslash, or a separator that is encoded")
        host, port = url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]
        return cls(url.scheme, host, port, _segments(unquote(path[1:], "latin-1"), empty=True))

    @classmethod
    def of_prefix(cls, uri: str) -> Self:
        """One below which all is allowed. Raises ValueError."""
        if uri.partition("://")[0] != S3 and re.search(r"[?#]", uri):
            raise ValueError(f"{uri!r} ends in a query; give a host and a path, below which all is allowed")
        try:
            whole = cls.of(uri)
        except ValueError as error:
            raise ValueError(f"{uri!r} is no place below which all could be allowed: {error}") from error
        path = whole.path[:-1] if whole.path and not whole.path[-1] else whole.path
        return cls(whole.scheme, whole.host, whole.port, path)

    def below(self, prefix: Self) -> bool:
        """Whether this is ``prefix``, or lies below it: /clips admits /clips/a.mp4, and not /clips-of-others/a.mp4."""
        place = self.scheme, self.host, self.port, self.path[: len(prefix.path)]
        return place == (prefix.scheme, prefix.host, prefix.port, prefix.path)


def _segments(path: str, *, empty: bool) -> tuple[str, ...]:
    segments = tuple(path.split("/"))
    if any(segment.partition(";")[0] in _STEPS for segment in segments):
        raise ValueError("its path holds a step upwards (..)")
    if _CONTROL.search(path):
        raise ValueError("its path holds control characters")
    if not empty and "" in segments[:-1]:
        raise ValueError("its key holds an empty part (//)")
    return segments
