"""Recorded exchanges with the model service, replayed over the same HTTP client by vcrpy.

A request matches a recorded one when method, path and body are equal; cache marks and the host do
not count (the same cassette serves any endpoint). What tools ask of this machine, as of a
simulator, is no part of it. Headers are kept by allow-list, so no key can get into a file. What the
file looks like is `cassette_format`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from orchestrator.models.cassette_format import CassetteFormat

HOST = "https://messages.invalid"
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
_REQUEST_HEADERS = frozenset({"content-type", "anthropic-version"})
_RESPONSE_HEADERS = frozenset({"content-type", "request-id", "retry-after", "x-should-retry"})


class CassetteMismatch(Exception):
    """A request that was not recorded; the message has the first difference to the nearest one."""


@contextmanager
def replaying(path: Path) -> Iterator[Any]:
    """Answer requests from the cassette at `path`; nothing reaches the network.

    Yields vcrpy's cassette (`all_played`, `play_count`). A request that was not recorded fails with
    the first difference to the nearest recorded one.
    """
    with _using(path, "none", {}) as cassette:
        yield cassette


@contextmanager
def recording(path: Path, about: Mapping[str, str]) -> Iterator[Any]:
    """Let requests through and write them with their answers to a new cassette at `path`.

    `about` is the file's header: where the answers come from, when, under which version.
    """
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _using(path, "once", about) as cassette:
        yield cassette


@contextmanager
def _using(path: Path, mode: str, about: Mapping[str, str]) -> Iterator[Any]:
    import vcr

    opened: list[Any] = []

    def canonical(request: Any) -> Any:
        if _of_a_tool(request.uri):
            return None  # vcrpy lets it through, and keeps nothing of it
        request = _canonical_request(request)
        if opened and mode == "none":
            _require_recorded(request, opened[0], path)
        return request

    recorder = vcr.VCR(
        record_mode=mode,
        match_on=["method", "path", "query", "same body"],
        before_record_request=canonical,
        before_record_response=_canonical_response,
        decode_compressed_response=True,
        serializer="orc",
    )
    recorder.register_serializer("orc", CassetteFormat(about))
    recorder.register_matcher("same body", _same_body)
    with recorder.use_cassette(str(path)) as cassette:
        opened.append(cassette)
        yield cassette


def normalised(body: bytes | str) -> Any:
    """A request's JSON without its cache marks, which move with every turn."""
    return _unmarked(json.loads(body))


def first_difference(one: Any, other: Any, where: str = "body") -> str | None:
    """Where two JSON values differ first, with both readings; None where they are equal."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys([*one, *other]):
            if key not in one or key not in other:
                return f"{where}.{key} is only in the {'recorded' if key in other else 'sent'} one"
            if found := first_difference(one[key], other[key], f"{where}.{key}"):
                return found
        return None
    if isinstance(one, list) and isinstance(other, list):
        for index, (left, right) in enumerate(zip(one, other, strict=False)):
            if found := first_difference(left, right, f"{where}[{index}]"):
                return found
        if len(one) != len(other):
            return f"{where} has {len(one)} entries, recorded {len(other)}"
        return None
    if one == other:
        return None
    if isinstance(one, str) and isinstance(other, str):
        at = next(
            (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
            min(len(one), len(other)),
        )
        start = max(0, at - 30)
        sent, recorded = one[start : at + 50], other[start : at + 50]
        return f"{where} differs at character {at}: sent {sent!r}, recorded {recorded!r}"
    return f"{where}: sent {one!r:.80}, recorded {other!r:.80}"


def _require_recorded(sent: Any, cassette: Any, path: Path) -> None:
    """Fail readably where no recorded request with this body is left to be answered."""
    body = json.loads(sent.body)
    nearest, most = "nothing is recorded", -1
    for index, request in enumerate(cassette.requests):
        other = json.loads(request.body)
        difference = first_difference(body, other)
        if difference is None:
            if not cassette.play_counts[index]:
                return
            difference = "it was recorded, and is sent once more than that"
        pairs = zip(body.get("messages", []), other.get("messages", []), strict=False)
        alike = sum(left == right for left, right in pairs)
        if alike > most:
            nearest, most = difference, alike
    raise CassetteMismatch(f"not in the cassette {path.name}: {nearest}")


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unmarked(inner) for key, inner in value.items() if key != "cache_control"}
    if isinstance(value, list):
        return [_unmarked(inner) for inner in value]
    return value


def _of_a_tool(uri: str) -> bool:
    """Whether a request is not the model's, but a tool's to something on this machine."""
    parts = urlsplit(uri)
    return parts.hostname in _HERE and not parts.path.endswith("/v1/messages")


def _canonical_request(request: Any) -> Any:
    parts = urlsplit(request.uri)
    request.uri = HOST + parts.path + (f"?{parts.query}" if parts.query else "")
    request.headers = {
        name: value for name, value in request.headers.items() if name.lower() in _REQUEST_HEADERS
    }
    if request.body:
        request.body = json.dumps(normalised(request.body), ensure_ascii=False)
    return request


def _canonical_response(response: dict[str, Any]) -> dict[str, Any]:
    response["headers"] = {
        name: value
        for name, value in response["headers"].items()
        if name.lower() in _RESPONSE_HEADERS
    }
    return response


def _same_body(sent: Any, recorded: Any) -> None:
    difference = first_difference(json.loads(sent.body), json.loads(recorded.body))
    if difference:
        raise AssertionError(difference)
