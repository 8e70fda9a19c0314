"""Writes that succeed only if nobody else wrote first: what pyarrow's file systems cannot do.

On S3 the server decides (conditional put, through boto3); locally an exclusive link and a lock do.
"""

import contextlib
import fcntl
import functools
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from affect import storage
from affect.errors import AffectError

Tag = str
"""Stands for one content of a file; from ``read``, for ``replace``."""


def create(uri: str, data: bytes) -> bool:
    """Write a file that must not be there yet, whole; False when it is there already."""
    if not storage.is_local(uri):
        return _put(uri, data, IfNoneMatch="*")
    path = _path(uri)
    with _partial(path, data) as partial:
        try:
            os.link(partial, path)  # fails when the name is taken, unlike a rename
        except FileExistsError:
            return False
    return True


def read(uri: str) -> tuple[bytes, Tag] | None:
    """Content and tag of a file; None when there is none."""
    if not storage.is_local(uri):
        client, bucket, key = _s3(uri)
        try:
            answer = client.get_object(Bucket=bucket, Key=key)
        except client.exceptions.NoSuchKey:
            return None
        return answer["Body"].read(), answer["ETag"]
    if not storage.exists(uri):
        return None
    data = storage.read_bytes(uri)
    return data, hashlib.sha256(data).hexdigest()


def replace(uri: str, data: bytes, seen: Tag) -> bool:
    """Write over the content that ``read`` gave ``seen`` for; False when it is no longer that content."""
    if not storage.is_local(uri):
        return _put(uri, data, IfMatch=seen)
    path = _path(uri)
    with path.with_name(f".{path.name}.lock").open("w") as held, _partial(path, data) as partial:
        fcntl.flock(held, fcntl.LOCK_EX)
        current = read(uri)
        if current is None or current[1] != seen:
            return False
        partial.replace(path)
    return True


def _path(uri: str) -> Path:
    return Path(storage.resolve(uri)[1])


@contextlib.contextmanager
def _partial(target: Path, data: bytes) -> Iterator[Path]:
    with storage.partial_file(target) as partial:
        partial.write_bytes(data)
        storage.to_disk(partial)
        yield partial


def _s3(uri: str) -> tuple[Any, str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return _client(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")), bucket, key


@functools.cache
def _client(endpoint: str | None) -> Any:
    import boto3  # noqa: PLC0415  # only needed here, and slow to import
    from botocore.config import Config  # type: ignore[import-untyped]  # noqa: PLC0415

    # Other servers than Amazon's are addressed by path, as pyarrow addresses them.
    config = Config(s3={"addressing_style": "path" if endpoint else "auto"}, retries={"mode": "standard"})
    session = boto3.session.Session()  # the module-wide one is not safe in threads
    return session.client("s3", endpoint_url=endpoint, config=config)


def _put(uri: str, data: bytes, **condition: str) -> bool:
    from botocore.exceptions import ClientError  # type: ignore[import-untyped]  # noqa: PLC0415

    client, bucket, key = _s3(uri)
    try:
        client.put_object(Bucket=bucket, Key=key, Body=data, **condition)
    except ClientError as error:
        code = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if code in (409, 412) or (code == 404 and "IfMatch" in condition):
            return False
        raise AffectError(
            f"cannot write {uri} ({error}); check that you may, and that the server knows conditional puts"
        ) from error
    return True
