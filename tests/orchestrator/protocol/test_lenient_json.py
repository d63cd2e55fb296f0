"""The forgiving reader agrees with the strict one wherever the strict one reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.protocol.lenient_json import UnreadableError, read_object

values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(st.dictionaries(st.text(), values, max_size=5), st.booleans(), st.sampled_from([None, 2]))
def test_sound_json_is_read_as_the_standard_library_reads_it(
    value: dict[str, Any], ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    reading = read_object(text + " and more")
    assert reading.value == json.loads(text)
    assert reading.end == len(text)
    assert reading.repairs == ()


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.dictionaries(st.text(), values, max_size=5))
def test_python_s_own_notation_of_plain_data_is_read(value: dict[str, Any]) -> None:
    text = repr(value)
    if "\\x" in text or "\\U" in text:
        return
    assert read_object(text).value == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 007}', "a value was expected"),
        ('{"a": 1_000}', "a value was expected"),
        ('{"a": undefined}', "a value was expected"),
        ('{"a": 0.0-1.0}', "','"),
        ('{"a": success|blocked}', "a value was expected"),
        ('{"a" "b"}', "':'"),
        ('{"a": "b" "c": 1}', "','"),
        ("{,}", "a key was expected"),
        (r'{"a": "\u12"}', "hexadecimal"),
        (r'{"a": "\x41"}', "not JSON"),
        ('{"a": ' + "1" * 5000 + "}", "5000 digits"),
    ],
)
def test_what_would_be_a_guess_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_object(text)
    assert reason in caught.value.reason
    assert not caught.value.truncated


@pytest.mark.parametrize("text", ['{"a": 12', '{"a": tru', '{"a": "b', '{"a"', "{", '{"a": [1, '])
def test_text_that_ends_too_early_is_truncated(text: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read_object(text)
    assert caught.value.truncated
    assert not caught.value.only_brace_missing


def test_half_a_surrogate_pair_becomes_the_replacement_character() -> None:
    reading = read_object(r'{"a": "\ud83d", "b": "\ud83d\ude00"}')
    assert reading.value == {"a": "\ufffd", "b": "😀"}
    assert reading.repairs == ("half of a surrogate pair",)
