"""A real HTTP server on loopback, that answers as it is told to."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """Gives ``files`` below /clips/, and behaves badly in ways that the paths name; ``asked`` tells of each request."""

    def __init__(self, host: str, files: dict[str, bytes], port: int, tls: ssl.SSLContext | None) -> None:
        self.files = files
        self.asked: list[tuple[str, str]] = []
        """Path and Host of each."""
        self.left = threading.Event()
        """Somebody went away before the end."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers["Host"]))
                with suppress(ConnectionError):
                    outer.answer(self)

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer((host, port), Handler)
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port: int = self.server.server_address[1]
        self.url = f"http{'s' if tls else ''}://{host}:{self.port}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path, _, query = handler.path.partition("?")
        match path.rpartition("/")[2]:
            case "moved":
                self._head(handler, 302, {"Location": query})
            case "endless":
                self._head(handler, 200, {})
                self._write_for_ever(handler, bytes(50_000), 0)
            case "slow":
                self._head(handler, 200, {"Content-Length": "1000"})
                self._write_for_ever(handler, b"x", 0.05)
            case "announced":
                self._head(handler, 200, {"Content-Length": str(10**12)})
            case "cut":
                self._head(handler, 200, {"Content-Length": "1000"})
                handler.wfile.write(b"x" * 10)
            case "folded":
                self._head(handler, 200, {"Content-Encoding": "gzip", "Content-Length": "1"})
                handler.wfile.write(b"x")
            case "no-http":
                handler.wfile.write(b"hello\r\n\r\n")
            case name if name in self.files:
                self._head(handler, 200, {"Content-Length": str(len(self.files[name]))})
                handler.wfile.write(self.files[name])
            case _:
                self._head(handler, 404, {"Content-Length": "0"})

    def _head(self, handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()

    def _write_for_ever(self, handler: BaseHTTPRequestHandler, data: bytes, wait_s: float) -> None:
        try:
            for _ in range(10_000):
                handler.wfile.write(data)
                time.sleep(wait_s)
        except OSError:
            self.left.set()


@contextmanager
def file_server(
    host: str, files: dict[str, bytes], tls: ssl.SSLContext | None = None, port: int = 0
) -> Iterator[FileServer]:
    """A server that is up; ``host`` is an address of loopback, of which a machine has many."""
    server = FileServer(host, files, port, tls)
    thread = threading.Thread(target=server.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.server.shutdown()
        thread.join()
        server.server.server_close()
