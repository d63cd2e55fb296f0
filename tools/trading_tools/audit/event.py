"""The event and its canonical form: what is hashed, byte for byte.

Here live the record, canonical JSON and the hash. Storage is in ``ledger``; keys are in
``chain``; nothing here imports a database library.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from trading_tools.audit.errors import NotRecordable

PLAIN = "sha256"
KEYED = "hmac-sha256"

_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")


class Event(NamedTuple):
    """One recorded fact.

    ``seq`` counts from 1 within ``stream``; ``at`` is UTC ISO-8601 with microseconds and ``Z``;
    ``v`` is the version of the body's shape for this ``kind``; ``alg`` is ``sha256`` or
    ``hmac-sha256`` and ``key_id`` the fingerprint of the key (empty without one); ``prev`` is the
    hash of the event before (empty for the first).

    ``body`` has its long texts in place. The hash covers the stored form, where a text over
    32 KB is a reference to a blob, and the version that was written, before any upcast.
    """

    stream: str
    seq: int
    at: str
    kind: str
    v: int
    alg: str
    key_id: str
    body: Mapping[str, Any]
    prev: str
    hash: str


def utc_text(moment: datetime) -> str:
    """The moment as UTC ISO-8601 with microseconds and ``Z``. A naive time is refused."""
    if moment.tzinfo is None:
        raise NotRecordable(f"time {moment.isoformat()} has no zone: give a UTC aware datetime")
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def decimal_text(value: Decimal) -> str:
    """The number in plain notation, trailing zeros kept. NaN and infinities are refused."""
    if not value.is_finite():
        raise NotRecordable(f"{value} is not a finite number: record what happened as text")
    return format(value, "f")


def _other(value: object) -> object:
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise NotRecordable(
        f"a {type(value).__name__} has no JSON form ({value!r:.80}): convert it before recording"
    )


_LEAVES = frozenset({str, int, float, bool, type(None), Decimal})
"""Types that hold nothing: most of what a body has."""


def _require_text_keys(value: object) -> None:
    pending = [value]
    while pending:
        item = pending.pop()
        inner: Iterable[object]
        if isinstance(item, Mapping):
            for key in item:
                if not isinstance(key, str):
                    raise NotRecordable(f"key {key!r:.80} is not text: JSON objects have text keys")
            inner = item.values()
        elif isinstance(item, (list, tuple)):
            inner = item
        else:
            continue
        pending += [one for one in inner if type(one) not in _LEAVES]


_encoder = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=_other
)


def canonical_json(value: object) -> str:
    """The one JSON text of ``value``: keys sorted, no spaces, non-ASCII kept as it is.

    A ``Decimal`` becomes its plain decimal text, an aware ``datetime`` its UTC text. NaN,
    infinities, naive times, keys that are not text and types without a JSON form raise
    ``NotRecordable``. Unpaired surrogates are escaped, so that the text always encodes.
    """
    try:
        # First the text, which refuses what holds itself: a look for keys would not end in it.
        text = _encoder.encode(value)
        _require_text_keys(value)
    except NotRecordable:
        raise
    except (ValueError, TypeError, RecursionError) as error:
        raise NotRecordable(f"the value has no canonical JSON form: {error}") from error
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub(_encodable, text)
    return text


def _encodable(found: re.Match[str]) -> str:
    # Two halves of one character side by side are that character to every JSON reader.
    if len(found[0]) == 2:
        return found[0].encode("utf-16", "surrogatepass").decode("utf-16")
    return f"\\u{ord(found[0]):04x}"


def preimage(
    stream: str, seq: int, at: str, kind: str, v: int, alg: str, key_id: str, body: str, prev: str
) -> bytes:
    """The bytes that are hashed: the canonical JSON array of the fields in this order.

    ``body`` is already canonical JSON text and stands in the array as it is stored. Bytes that
    were no UTF-8 in a damaged database come back as they were.
    """
    # The encoder is slow on bare integers; anything else in their place is a damaged row.
    number = f"{seq}" if type(seq) is int else _encoder.encode(seq)
    version = f"{v}" if type(v) is int else _encoder.encode(v)
    return (
        f"[{_quoted(stream)},{number},{_encoder.encode(at)},{_quoted(kind)},{version},"
        f"{_quoted(alg)},{_quoted(key_id)},{body},{_encoder.encode(prev)}]"
    ).encode(errors="surrogateescape")


@lru_cache(maxsize=512, typed=True)
def _quoted(name: str) -> str:
    """A name as JSON has it; a ledger has few, each in many events."""
    return _encoder.encode(name)


def event_hash(
    stream: str,
    seq: int,
    at: str,
    kind: str,
    v: int,
    alg: str,
    key_id: str,
    body: Mapping[str, Any],
    prev: str,
    *,
    key: bytes | None = None,
) -> str:
    """The hash of an event in lower-case hex, for whoever checks a chain with their own program.

    ``body`` is the stored form. ``key`` is needed when ``alg`` is ``hmac-sha256``; anything else
    than the two known algorithms, or a missing key, raises ``NotRecordable``.
    """
    message = preimage(stream, seq, at, kind, v, alg, key_id, canonical_json(body), prev)
    if alg == PLAIN:
        return hashlib.sha256(message).hexdigest()
    if alg != KEYED or key is None:
        given = "without" if key is None else "with"
        raise NotRecordable(f"no hash by algorithm {alg!r} {given} a key")
    return hmac.digest(key, message, "sha256").hex()
