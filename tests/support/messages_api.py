"""A local stand-in of the Messages API: real HTTP on 127.0.0.1, its rules, scripted answers.

    with MessagesApi(lambda body, headers, n: say("hello")) as api:
        ...  # base_url=api.url; api.requests holds what came in

A request that breaks a rule (`messages_rules`) gets the service's 400 and never reaches the script;
`api.refused` counts them, so that a test can assert there were none. An `Answer` can misbehave
through its `ending`. Building messages is `messages_answers`.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, cast

from tests.support.messages_answers import (
    Answer,
    Ending,
    calls,
    events_of,
    failure,
    message,
    say,
    text,
    thinking,
    tool_use,
)
from tests.support.messages_rules import prefix_signature, refusal

__all__ = [
    "Answer",
    "Ending",
    "MessagesApi",
    "Recorded",
    "calls",
    "failure",
    "message",
    "say",
    "text",
    "thinking",
    "tool_use",
]

Json = dict[str, Any]
Script = Callable[[Json, Mapping[str, str], int], "Answer | Mapping[str, Any]"]


@dataclass(frozen=True)
class Recorded:
    """One request as it came in; header names are lower case."""

    path: str
    headers: Mapping[str, str]
    body: Json
    raw: bytes


class MessagesApi:
    """The running stand-in.

    `script` answers the n-th request (from 1) that is in order: a function, or a sequence of
    answers played in order (a message stands for an answer that holds it). `strict=False` leaves
    the rules out, for tests of what the stand-in would never let through. `tls` serves https.
    """

    def __init__(
        self,
        script: Script | Sequence[Answer | Mapping[str, Any]],
        *,
        strict: bool = True,
        tls: ssl.SSLContext | None = None,
    ):
        self._script = script if callable(script) else _in_order(script)
        self._strict = strict
        self._lock = threading.Lock()
        self._accepted = 0
        self._released = threading.Event()
        self._open: set[socket.socket] = set()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        self._scheme = "https" if tls else "http"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,))
        self.requests: list[Recorded] = []
        self.refused: list[str] = []
        self.hanging = threading.Event()
        self.disconnected = threading.Event()

    @property
    def url(self) -> str:
        """What to give as base URL."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def release(self) -> None:
        """Let hanging answers end."""
        self._released.set()

    def __enter__(self) -> MessagesApi:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
        self._server.shutdown()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._thread.join()

    def answer(self, request: Recorded) -> Answer:
        """What the service says to this request (called by the server's threads)."""
        with self._lock:
            self.requests.append(request)
        if not request.path.endswith("/v1/messages"):
            return failure(404, "not_found_error", "Not Found")
        if not (request.headers.get("authorization") or request.headers.get("x-api-key")):
            return failure(401, "authentication_error", "invalid x-api-key")
        if "anthropic-version" not in request.headers:
            return failure(400, "invalid_request_error", "anthropic-version: header is required")
        problem = refusal(request.body) if self._strict else None
        if problem is not None:
            with self._lock:
                self.refused.append(problem)
            return failure(400, "invalid_request_error", problem)
        with self._lock:
            self._accepted += 1
            turn = self._accepted
        given = self._script(request.body, request.headers, turn)
        found = given if isinstance(given, Answer) else Answer(message=given)
        return found.for_request(request.body, turn, self._sign(request.body))

    @staticmethod
    def _sign(body: Json) -> str:
        return prefix_signature(body, body.get("messages", []))

    def hold(self, connection: socket.socket) -> None:
        """Block until released or the peer hangs up; tests wait on `hanging` and `disconnected`."""
        self.hanging.set()
        connection.settimeout(0.02)
        while not self._released.is_set():
            try:
                if connection.recv(1) == b"":
                    self.disconnected.set()
                    break
            except TimeoutError:
                continue
            except OSError:
                self.disconnected.set()
                break

    @contextlib.contextmanager
    def tracked(self, connection: socket.socket) -> Iterator[None]:
        """Know the connection while it is open, to close it at the end."""
        with self._lock:
            self._open.add(connection)
        try:
            yield
        finally:
            with self._lock:
                self._open.discard(connection)


def _in_order(answers: Sequence[Answer | Mapping[str, Any]]) -> Script:
    def script(body: Json, headers: Mapping[str, str], n: int) -> Answer | Mapping[str, Any]:
        if n > len(answers):
            return failure(400, "invalid_request_error", f"script: no answer for request {n}")
        return answers[n - 1]

    return script


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 64
    api: MessagesApi

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no fault of the stand-in."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle(self) -> None:
        with cast("_Server", self.server).api.tracked(self.connection):
            super().handle()

    def do_POST(self) -> None:
        api = cast("_Server", self.server).api
        raw = self.rfile.read(int(self.headers.get("content-length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = api.answer(Recorded(self.path, headers, json.loads(raw), raw))
        if answer.ending is Ending.REFUSE:
            self._reset()
            return
        self.send_response(answer.status)
        self.send_header("request-id", answer.request_id)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.body is not None:
            if not any(name.lower() == "content-type" for name in answer.headers):
                self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
            self.wfile.flush()
            return
        self._stream(api, answer)

    def _stream(self, api: MessagesApi, answer: Answer) -> None:
        self.send_header("content-type", "text/event-stream; charset=utf-8")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in events_of(answer):
            data = f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"
            self._chunks(data.encode("utf-8", "surrogatepass"), answer)
        self.wfile.flush()
        if answer.ending in (Ending.HANG, Ending.HANG_AFTER_STOP):
            api.hold(self.connection)
            self.close_connection = True
        elif answer.ending is Ending.CUT:
            self.close_connection = True
        elif answer.ending is Ending.RESET:
            self._reset()
        else:
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()

    def _chunks(self, data: bytes, answer: Answer) -> None:
        size = answer.chunk_bytes or len(data)
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            if answer.chunk_bytes or answer.drip_s:
                self.wfile.flush()
                time.sleep(answer.drip_s)

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.wfile.flush()
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: tests read `api.requests`."""
