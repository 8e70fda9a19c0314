"""What answers when Ray's HAProxy is in place of Serve's proxies, printed as JSON; run in a network of its own."""

import contextlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import ray
import skimage.data
from ray import serve
from ray.serve.config import HTTPOptions

from affect.interface.client import Client
from affect.interface.errors import RequestError
from affect.models.store import promote
from serve.settings import Access, Limits, ServeSettings
from serve.start import start
from tests.made_models import write_model
from tests.made_pictures import encode

PICTURE = encode(skimage.data.astronaut()[:400], "JPEG")
LARGEST = 3_000_000


def main(folder: Path) -> None:
    write_model(str(folder / "model"), 1, recipe="made")
    promote(str(folder / "model"), str(folder / "store"), "faces")
    ray.init(num_cpus=8, log_to_driver=False, object_store_memory=200 * 2**20)
    settings = ServeSettings(
        store=str(folder / "store"), models=("faces",), detector_replicas=0, runtime="eager",
        limits=Limits(bytes=LARGEST), access=Access(token_file=str(folder / "tokens")),
    )  # fmt: skip
    url, _ = start(settings, HTTPOptions(host="127.0.0.1", port=8000))
    token = (folder / "tokens").read_text()
    told: dict[str, Any] = {}

    def code(name: str, given: str | None, body: bytes) -> None:
        with Client(url, given, retries=0) as client:
            try:
                told[name] = len(client.faces(body)["faces"])
            except RequestError as error:
                told[name] = error.code

    code("stranger", None, PICTURE)
    code("picture", token, PICTURE)
    code("padded", token, PICTURE + b"\0" * (LARGEST - len(PICTURE)))  # more than a message between parts bears
    code("large", token, PICTURE + b"\0" * LARGEST)
    code("broken", token, PICTURE[: len(PICTURE) // 2])
    with Client(url, token) as client:
        stream = client.live(iter([PICTURE, PICTURE]))
        told["live"] = [len(answer["faces"]) for answer in stream]
        headers = httpx.get(f"{url}/v1/models").headers
        told["policy"] = headers["x-content-type-options"]
    listening = subprocess.run(["ss", "-Hltpn", "sport = :8000"], capture_output=True, text=True, check=True).stdout
    told["processes"] = sorted(set(re.findall(r'\("([^"]+)"', listening)))
    serve.shutdown()
    print(json.dumps(told))  # noqa: T201


if __name__ == "__main__":
    with contextlib.chdir(sys.argv[1]):
        main(Path(sys.argv[1]))
