"""Long texts, kept apart from the events that name them, under the hash of their content.

Here live packing a body (long texts out, references in) and its inverse. Where the texts are
stored is the ledger's business.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from trading_tools.audit.errors import NotRecordable
from trading_tools.audit.event import canonical_json

LIMIT_BYTES = 32 * 1024
_REFERENCE = "$blob"
_PREFIX = "sha256:"
_decode = json.JSONDecoder().raw_decode


def text_bytes(text: str) -> bytes:
    """The stored form of a text; unpaired surrogates survive."""
    return text.encode("utf-8", "surrogatepass")


def bytes_text(content: bytes) -> str:
    """The inverse of ``text_bytes``."""
    return content.decode("utf-8", "surrogatepass")


def blob_name(content: bytes) -> str:
    """``sha256:`` and the content's hash in lower-case hex."""
    return _PREFIX + hashlib.sha256(content).hexdigest()


def pack(body: Mapping[str, Any]) -> tuple[str, dict[str, str], dict[str, Any]]:
    """The canonical text of ``body``, the texts over 32 KB moved out of it, and what readers get.

    A moved text is replaced by ``{"$blob": name}``. A mapping of the caller's that looks like
    such a reference gets one more ``$``, so that nothing can be mistaken for one.
    """
    if type(body) is not dict and not isinstance(body, Mapping):
        raise NotRecordable(f"an event's body is a mapping, not a {type(body).__name__}")
    for inner in body.values():
        if isinstance(inner, str) and len(inner) > LIMIT_BYTES:
            break  # it is moved out anyhow: no need to write it down here first
    else:
        text = canonical_json(body)
        if _REFERENCE not in text and (
            len(text) * 4 <= LIMIT_BYTES or len(text.encode()) <= LIMIT_BYTES
        ):
            # What we wrote a moment ago needs no look for blanks around it.
            return text, {}, _decode(text)[0]
    blobs: dict[str, str] = {}
    text = canonical_json(_move_out(body, blobs))
    return text, blobs, unpack(text, blobs.__getitem__)


def _move_out(value: object, blobs: dict[str, str]) -> object:
    if isinstance(value, str) and len(value) * 4 > LIMIT_BYTES:
        content = text_bytes(value)
        if len(content) > LIMIT_BYTES:
            name = blob_name(content)
            blobs[name] = value
            return {_REFERENCE: name}
    elif isinstance(value, Mapping):
        moved = {key: _move_out(inner, blobs) for key, inner in value.items()}
        return {"$" + key: inner for key, inner in moved.items()} if _looks_like(value) else moved
    elif isinstance(value, (list, tuple)):
        return [_move_out(inner, blobs) for inner in value]
    return value


def _looks_like(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and all(
        key.endswith(_REFERENCE) and not key.strip("$").removeprefix("blob") for key in value
    )


def unpack(text: str, fetch: Callable[[str], str]) -> dict[str, Any]:
    """The body as it was recorded, with ``fetch`` giving the text for a blob's name."""
    body: dict[str, Any] = json.loads(text)
    if _REFERENCE not in text:
        return body
    restored: dict[str, Any] = {}
    restored.update(_move_in({"body": body}, fetch)["body"])
    return restored


def _move_in(value: Any, fetch: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        if _looks_like(value):
            ((key, inner),) = value.items()
            return fetch(inner) if key == _REFERENCE else {key[1:]: _move_in(inner, fetch)}
        return {key: _move_in(inner, fetch) for key, inner in value.items()}
    if isinstance(value, list):
        return [_move_in(inner, fetch) for inner in value]
    return value


def references(text: str) -> Iterator[str]:
    """The names of the blobs that a stored body refers to."""
    if _REFERENCE not in text:
        return
    named: list[str] = []

    def note(name: str) -> str:
        named.append(name)
        return ""

    unpack(text, note)
    yield from named
