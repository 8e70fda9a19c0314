"""The interface on a real server, on a thread of this process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI


@contextmanager
def serving(api: FastAPI, **options: Any) -> Iterator[str]:
    """The address of ``api`` on loopback; ``options`` are those of uvicorn."""
    settings = {"port": 0, "log_level": "critical", "timeout_graceful_shutdown": 2} | options
    server = uvicorn.Server(uvicorn.Config(api, **settings))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"{'https' if 'ssl_certfile' in settings else 'http'}://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
