"""Canonical JSON and the hash of an event."""

import hashlib
import hmac
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_tools.audit.errors import NotRecordable
from trading_tools.audit.event import canonical_json, event_hash

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@settings(derandomize=True, deadline=None)
@given(JSON)
def test_canonical_text_reads_back_and_is_its_own_canonical_form(value: Any) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@settings(derandomize=True)
@given(st.dictionaries(st.text(), st.integers()))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_json(value) == canonical_json(dict(reversed(value.items())))


def test_keys_are_sorted_without_spaces_and_text_stays_as_it_is() -> None:
    assert canonical_json({"b": [1, (2,)], "a": "é₿"}) == '{"a":"é₿","b":[1,[2]]}'


def test_decimals_are_plain_and_keep_their_zeros() -> None:
    values = [Decimal("1E+3"), Decimal("0.10"), Decimal("1E-7"), Decimal("-0")]
    assert canonical_json(values) == '["1000","0.10","0.0000001","-0"]'


def test_times_become_utc_text_with_microseconds() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=2)))
    assert canonical_json({"at": at}) == '{"at":"2026-01-02T01:04:05.000000Z"}'


def test_mappings_of_other_kinds_are_objects() -> None:
    assert canonical_json(MappingProxyType({"a": MappingProxyType({})})) == '{"a":{}}'


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        Decimal("Infinity"),
        datetime(2026, 1, 1),  # noqa: DTZ001 - the naive time is the case
        {1: "a"},
        [{None: 1}],
        MappingProxyType({1: 1}),
        {"a": {1, 2}},
        b"bytes",
        object(),
    ],
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(NotRecordable):
        canonical_json(value)


def test_a_value_too_deep_to_read_back_is_refused() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(NotRecordable):
        canonical_json({"deep": value})


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_value_that_holds_itself_is_refused(wrapped: bool) -> None:
    value: dict[str, Any] = {}
    value["inner"] = MappingProxyType(value) if wrapped else value
    with pytest.raises(NotRecordable):
        canonical_json(value)


def test_unpaired_surrogates_survive_and_encode() -> None:
    text = canonical_json(["\ud800", "\udce9x", "\ud83d\ude00"])
    assert json.loads(text) == ["\ud800", "\udce9x", "\U0001f600"]
    assert text.encode() == b'["\\ud800","\\udce9x","\xf0\x9f\x98\x80"]'


def test_the_hash_is_that_of_the_canonical_array_of_the_fields() -> None:
    fields = ("run-1", 2, "2026-01-01T00:00:00.000000Z", "step", 1)
    body = {"n": Decimal("1.50"), "a": "é"}
    plain = canonical_json([*fields, "sha256", "", body, "ab"]).encode()
    assert event_hash(*fields, "sha256", "", body, "ab") == hashlib.sha256(plain).hexdigest()
    keyed = canonical_json([*fields, "hmac-sha256", "k1", body, "ab"]).encode()
    assert (
        event_hash(*fields, "hmac-sha256", "k1", body, "ab", key=b"key")
        == hmac.new(b"key", keyed, "sha256").hexdigest()
    )


@pytest.mark.parametrize(("alg", "key"), [("hmac-sha256", None), ("md5", b"key")])
def test_a_hash_needs_a_known_algorithm_and_its_key(alg: str, key: bytes | None) -> None:
    with pytest.raises(NotRecordable, match=alg):
        event_hash("s", 1, datetime.now(UTC).isoformat(), "k", 1, alg, "", {}, "", key=key)


def test_events_and_redaction_import_no_database_library() -> None:
    check = (
        "import sys; import trading_tools.audit.event, trading_tools.audit.redact; "
        "sys.exit(bool({'sqlalchemy', 'sqlmodel', 'pydantic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
