"""A local stand-in of the venues' public endpoints: real HTTP on 127.0.0.1, faults on demand.

    with VenueServer() as server:
        data = server.market_data()      # MarketData over ccxt's own clients, led here
        server.faults["/v5/market/tickers"] = Fault(status=429, headers={"Retry-After": "3"})

The first part of a path is the real host, so that what is recorded can be given its real name back.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from tests.support.venue_markets import AT_S
from tests.support.venue_replies import VENUES, NotServed
from tests.support.venues import NO_TLS
from trading_tools.exchange.ccxt_venue import CcxtVenue, public_client
from trading_tools.exchange.market_data import MarketData

NOW = datetime.fromtimestamp(AT_S, UTC) + timedelta(seconds=20)
"""The clock of whoever asks the local venues."""


@dataclass(frozen=True)
class Fault:
    """What happens to a request instead of the answer; `times` of them, or all.

    `ending`: the reply comes whole, is cut in its body, never comes (`silent`), or the connection
    is reset at once.
    """

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: Literal["whole", "cut", "silent", "reset"] = "whole"
    times: int | None = None


class VenueServer:
    """All local venues on one port; `requests` are the paths asked for, `clients` those of ccxt."""

    def __init__(self) -> None:
        self.faults: dict[str, Fault] = {}
        self.replies: dict[str, Any] = {}
        self.requests: list[str] = []
        self.clients: list[Any] = []
        self.scheme = "http"
        self._lock = threading.Lock()
        self._over = threading.Event()

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"venues": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        with self._lock:
            return sum(one.partition("?")[0].endswith(path) for one in self.requests)

    def venue(self, name: str, timeout_s: float = 10.0) -> CcxtVenue:
        """ccxt's client of the venue, its URLs led to this server and nothing else changed."""
        client = public_client(name, timeout_s)
        client.urls["api"] = self._led_here(client.urls["api"], client.hostname)
        client.enableRateLimit = False  # nothing to spare here
        client.timeout_on_exit = 0  # and no TLS to wait for
        if self.scheme == "http":
            client.ssl_context = NO_TLS
        self.clients.append(client)
        return CcxtVenue(name, client)

    def market_data(self, timeout_s: float = 10.0, **settings: Any) -> MarketData:
        """Market data from this server, at its own time."""
        settings = {"clock": lambda: NOW, **settings}
        return MarketData(lambda name: self.venue(name, timeout_s), **settings)

    def wait_until_over(self) -> None:
        """What a silent answer does."""
        self._over.wait()

    def fault_of(self, path: str) -> Fault | None:
        """The fault armed for a path, spent where it has a number of times."""
        with self._lock:
            for key, fault in self.faults.items():
                if path.endswith(key) and fault.times != 0:
                    if fault.times:
                        self.faults[key] = replace(fault, times=fault.times - 1)
                    return fault
        return None

    def note(self, path: str) -> None:
        """Keep what was asked."""
        with self._lock:
            self.requests.append(path)

    def _led_here(self, urls: Any, hostname: str | None) -> Any:
        if isinstance(urls, dict):
            return {key: self._led_here(value, hostname) for key, value in urls.items()}
        parts = urlsplit(urls.replace("{hostname}", hostname or ""))
        return f"{self.scheme}://127.0.0.1:{self.port}/{parts.netloc}{parts.path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    venues: VenueServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.venues.note(self.path)
        fault = self.venues.fault_of(parts.path)
        if fault is not None:
            return self._misbehave(fault)
        host, _, path = parts.path.removeprefix("/").partition("/")
        try:
            reply = self.venues.replies.get(f"/{path}")
            if reply is None:
                reply = VENUES[host](f"/{path}", dict(parse_qsl(parts.query)))
        except (NotServed, KeyError):
            return self._send(404, json.dumps({"error": "not served here"}), {})
        return self._send(200, json.dumps(reply), {})

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def _misbehave(self, fault: Fault) -> None:
        if fault.ending == "silent":
            self.venues.wait_until_over()
        elif fault.ending == "reset":
            hard = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, hard)
        else:
            self._send(fault.status, fault.body, fault.headers, cut=fault.ending == "cut")
        self.close_connection = fault.ending != "whole"

    def _send(
        self, status: int, body: str, headers: Mapping[str, str], *, cut: bool = False
    ) -> None:
        data = body.encode()
        self.send_response(status)
        sent = {"Content-Type": "application/json", **headers}
        for name, value in sent.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data) + (100 if cut else 0)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(data)
