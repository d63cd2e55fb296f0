"""What a cassette file looks like: JSON that people can read and compare.

A conversation is sent again and again, a little longer each time. A request therefore names the
earlier one that it begins like, and holds only what is new; answers are lists of stream events.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

FORMAT = 1
_SHARED = ("system", "tools")


class CassetteFormat:
    """The serializer that vcrpy is given; `about` becomes the header of what is written."""

    def __init__(self, about: Mapping[str, str]) -> None:
        self._about = dict(about)

    def serialize(self, cassette: Mapping[str, Any]) -> str:
        """The file's text."""
        bodies: list[dict[str, Any]] = []
        interactions = []
        for interaction in cassette["interactions"]:
            request, response = interaction["request"], interaction["response"]
            body = json.loads(request["body"])
            interactions.append(
                {
                    "request": {
                        "method": request["method"],
                        "uri": request["uri"],
                        "headers": request["headers"],
                        "body": _packed(body, bodies),
                    },
                    "response": {**response, "body": _events(response["body"]["string"])},
                }
            )
            bodies.append(body)
        document = {"format": FORMAT, "about": self._about, "interactions": interactions}
        return json.dumps(document, indent=1, ensure_ascii=False) + "\n"

    def deserialize(self, text: str) -> dict[str, Any]:
        """What vcrpy works with."""
        document = json.loads(text)
        if document.get("format") != FORMAT:
            raise ValueError(f"cassette format {document.get('format')!r} is not {FORMAT}")
        bodies: list[dict[str, Any]] = []
        interactions = []
        for interaction in document["interactions"]:
            request, response = interaction["request"], interaction["response"]
            body = _unpacked(request["body"], bodies)
            bodies.append(body)
            interactions.append(
                {
                    "request": {**request, "body": json.dumps(body, ensure_ascii=False)},
                    "response": {**response, "body": {"string": _stream(response["body"])}},
                }
            )
        return {"version": 1, "interactions": interactions}


def _packed(body: Mapping[str, Any], earlier: list[dict[str, Any]]) -> dict[str, Any]:
    packed = dict(body)
    for key in _SHARED:
        same = [i for i, other in enumerate(earlier) if key in body and other.get(key) == body[key]]
        if same:
            packed[key] = {"same_as": same[0]}
    messages = body.get("messages", [])
    lengths = [_common(messages, other.get("messages", [])) for other in earlier]
    count = max(lengths, default=0)
    if count:
        nearest = lengths.index(count)
        packed["messages"] = {"begins_like": nearest, "count": count, "then": messages[count:]}
    return packed


def _unpacked(packed: Mapping[str, Any], earlier: list[dict[str, Any]]) -> dict[str, Any]:
    body = dict(packed)
    for key in _SHARED:
        if isinstance(body.get(key), dict):
            body[key] = earlier[body[key]["same_as"]][key]
    messages = body.get("messages")
    if isinstance(messages, dict):
        begin = earlier[messages["begins_like"]]["messages"][: messages["count"]]
        body["messages"] = [*begin, *messages["then"]]
    return body


def _common(one: list[Any], other: list[Any]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _events(body: bytes | str) -> dict[str, Any]:
    """A stream as its events, where it is nothing but events; else the text."""
    text = body.decode("utf-8") if isinstance(body, bytes) else body
    events = []
    for part in text.removesuffix("\n\n").split("\n\n"):
        name, _, data = part.partition("\n")
        try:
            event = json.loads(data.removeprefix("data:"))
        except ValueError:
            return {"text": text}
        if not isinstance(event, dict) or name != f"event: {event.get('type')}":
            return {"text": text}
        events.append(event)
    return {"events": events}


def _stream(body: Mapping[str, Any]) -> bytes:
    if "text" in body:
        return str(body["text"]).encode()
    parts = []
    for event in body["events"]:
        data = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        parts.append(f"event: {event['type']}\ndata: {data}\n\n")
    return "".join(parts).encode()
