"""The gate's way to venues in tests: ccxt's own clients, led to this machine.

`Liar` is a venue that answers what a test says, over real HTTP; the sound ones are the wire-level
venues of `tests.support.venues`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.support.venues import point_at
from trading_tools.golive.venues.asking import Venues, real_client

KEY, SECRET = "K3yThatNobodyMaySee0001", "S3cretThatNobodyMaySee0002"
ENVIRON = {"THE_KEY": KEY, "THE_SECRET": SECRET}

KEYED: Mapping[str, Any] = {"key_variable": "THE_KEY", "secret_variable": "THE_SECRET"}
"""What golive.toml says of a venue whose key is in `ENVIRON`."""


def at_port(port: int, environ: Mapping[str, str] | None = None, timeout_s: float = 20.0) -> Venues:
    """The venues as they are served on that port."""

    def open_client(name: str, settings: Mapping[str, Any]) -> Any:
        client = point_at(real_client(name, settings), port)
        client.timeout_on_exit = 0
        client.rateLimit = 0
        return client

    return Venues(ENVIRON if environ is None else environ, open_client, timeout_s)


class Liar:
    """Answers by the end of a path, JSON or text; `asked` are the paths that came."""

    def __init__(self) -> None:
        self.replies: dict[str, Any] = {}
        self.status = 200
        self.asked: list[str] = []
        self.echo = False
        self.port = 0
        self.over = threading.Event()

    def answer(self, path: str) -> Any:
        """What is said to a request for `path`."""
        found = [reply for end, reply in self.replies.items() if path.endswith(end)]
        return found[0] if found else {}


@contextmanager
def lying() -> Iterator[Liar]:
    """A liar on a port of its own."""
    liar = Liar()

    class Handler(BaseHTTPRequestHandler):
        def _said(self) -> None:
            path = urlsplit(self.path).path
            liar.asked.append(path)
            reply = liar.answer(path)
            if callable(reply):
                reply = reply()
            said = " ".join(f"{value}" for value in self.headers.values()) if liar.echo else ""
            text = reply if isinstance(reply, str) else json.dumps(reply)
            body = f"{text}{said}".encode()
            self.send_response(liar.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self._said()

        def do_POST(self) -> None:
            self._said()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    liar.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield liar
    finally:
        liar.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
