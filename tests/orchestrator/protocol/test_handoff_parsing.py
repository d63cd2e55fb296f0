"""What a model writes becomes a handoff, or a message that says why not."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.protocol.handoff import Handoff
from orchestrator.protocol.parsing import (
    MAX_BYTES,
    HandoffError,
    looks_like_handoff,
    parse_handoff,
)

AGENTS = ("api-expert", "trading-logic-validator", "python-trading-expert")
SOUND: dict[str, Any] = {
    "status": "needs_help",
    "result": "Connector streams 30 s candles.",
    "next_agent": "api-expert",
    "context_forward": {"exchange": "bybit", "limits": ["100/min", 0.02]},
    "confidence": 0.9,
    "reasoning": "Pooling ten sockets under one limit is API work.",
}
TEXT = json.dumps(SOUND, indent=2)


def envelope(**changes: Any) -> dict[str, Any]:
    return {**SOUND, **changes}


def problems(source: str | dict[str, Any], agents: tuple[str, ...] = AGENTS) -> tuple[str, ...]:
    with pytest.raises(HandoffError) as caught:
        parse_handoff(source, agents)
    return caught.value.problems


def test_a_clean_envelope_is_read_without_repairs() -> None:
    for source in (TEXT, SOUND):
        parsed = parse_handoff(source, AGENTS)
        assert parsed.handoff == Handoff.model_validate(SOUND)
        assert parsed.repairs == ()


@pytest.mark.parametrize(
    ("written", "repair"),
    [
        (f"```json\n{TEXT}\n```", "code fence"),
        (f"Here is my handoff:\n{TEXT}\nThat is all.", "text around"),
        (TEXT.replace('work."\n}', 'work.",\n}'), "trailing comma"),
        (TEXT.replace("{", "{ // the envelope\n", 1), "comment"),
        (TEXT.replace("{", "{ /* the\n envelope */", 1), "comment"),
        (repr(SOUND), "single quotes"),
        (repr(envelope(context_forward={"a": None, "b": True})), "Python literal"),
        (TEXT.replace('"', "”").replace("”status”", "“status”"), "typographic quotes"),
        (TEXT.replace("30 s candles.", "30 s\ncandles."), "unescaped line break"),
        (TEXT.replace("30 s candles.", "30 s\tcandles."), "unescaped control character"),
        (TEXT.replace("0.02", "NaN"), "NaN or Infinity read as null"),
        (TEXT.replace("0.02", "-Infinity"), "NaN or Infinity read as null"),
        (TEXT.replace('"status"', "status"), "key without quotes"),
        (TEXT.replace("0.9", ".9"), "loose form"),
        (TEXT + "\n" + TEXT, "the same envelope 2 times"),
        (TEXT.replace("{", '{"confidence": 0.9,', 1), "key given twice"),
        (TEXT.rstrip("}\n"), "missing last brace"),
        (json.dumps({"handoff": SOUND}), "wrapped in 'handoff'"),
        (TEXT.replace('"needs_help"', '"Needs Help"'), "status: was written 'Needs Help'"),
        (TEXT.replace("next_agent", "nextAgent"), "next_agent: was spelled 'nextAgent'"),
        (TEXT.replace('"api-expert"', '"@API_Expert"'), "read as api-expert"),
        (TEXT.replace("0.9", '"0.9"'), "confidence: was the text '0.9'"),
        (TEXT.replace("0.9", '"90%"'), "confidence: was the text '90%'"),
        (TEXT.replace("30 s", r"\d+ s"), "backslash that was not escaped"),
    ],
)
def test_what_can_be_read_in_one_way_is_repaired_and_named(written: str, repair: str) -> None:
    parsed = parse_handoff(written, AGENTS)
    assert any(repair in named for named in parsed.repairs), parsed.repairs
    assert parsed.handoff.status == "needs_help"
    assert parsed.handoff.next_agent == "api-expert"
    assert parsed.handoff.confidence == 0.9


@pytest.mark.parametrize("nobody", ["null", "", "none", " None "])
def test_a_next_agent_that_says_nobody_is_null(nobody: str) -> None:
    parsed = parse_handoff(envelope(next_agent=nobody), AGENTS)
    assert parsed.handoff.next_agent is None
    assert len(parsed.repairs) == 1


def test_an_agent_may_be_called_none() -> None:
    assert parse_handoff(envelope(next_agent="none"), ("none",)).handoff.next_agent == "none"


def test_fields_with_a_default_may_be_left_out() -> None:
    parsed = parse_handoff({"status": "complete", "result": "all of it", "confidence": 1}, AGENTS)
    assert parsed.handoff.next_agent is None
    assert parsed.handoff.context_forward == {}
    assert parsed.handoff.reasoning == ""


def test_context_given_as_text_is_opened() -> None:
    parsed = parse_handoff(envelope(context_forward='{"exchange": "bybit"}'), AGENTS)
    assert parsed.handoff.context_forward == {"exchange": "bybit"}


def test_a_result_given_as_an_object_becomes_its_json_text() -> None:
    parsed = parse_handoff(envelope(result={"files": ["a.py"]}), AGENTS)
    assert parsed.handoff.result == '{"files": ["a.py"]}'


def test_an_unknown_field_is_kept_for_the_receiver() -> None:
    parsed = parse_handoff(envelope(files_changed=["a.py"]), AGENTS)
    assert parsed.handoff.context_forward["files_changed"] == ["a.py"]
    assert "files_changed" in parsed.repairs[0]


def test_a_misspelt_field_is_told_rather_than_dropped() -> None:
    fields = envelope()
    fields["next_agnt"] = fields.pop("next_agent")
    assert "did you mean next_agent?" in problems(fields)[0]


def test_an_unknown_agent_gets_the_nearest_names() -> None:
    (problem,) = problems(envelope(next_agent="api-exprt"))
    assert "'api-exprt'" in problem
    assert "nearest: api-expert" in problem


def test_an_agent_where_there_is_no_other_is_told_so() -> None:
    (problem,) = problems(envelope(next_agent="api-expert"), ())
    assert "must be null" in problem


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"confidence": 1.7}, "confidence: got 1.7, wanted a number from 0 to 1"),
        ({"confidence": 85}, "confidence: got 85"),
        ({"confidence": "85"}, "confidence: got 85.0"),
        ({"confidence": "high"}, "confidence: got 'high'"),
        ({"confidence": True}, "confidence: got true"),
        ({"confidence": float("nan")}, "confidence: got NaN"),
        ({"status": "done"}, "status: got 'done', wanted one of success"),
        ({"status": None}, "status: got null"),
        ({"result": None}, "result: got null, wanted text"),
        ({"result": 7}, "result: got 7, wanted text"),
        ({"context_forward": ["a"]}, "context_forward: got an array, wanted an object"),
        ({"status": "complete"}, "must be null"),
        ({"status": "success", "result": " "}, "result: empty"),
        ({"status": "blocked", "result": "", "reasoning": ""}, "must say why"),
        ({"next_agent": ["api-expert"]}, "next_agent: got an array, wanted an agent's name"),
    ],
)
def test_what_is_unsound_is_told_with_what_was_got_and_what_is_wanted(
    changes: dict[str, Any], said: str
) -> None:
    (problem,) = problems(envelope(**changes))
    assert said in problem


def test_required_fields_that_are_missing_are_all_named_at_once() -> None:
    named = [problem.split(":")[0] for problem in problems({"next_agent": None})]
    assert named == ["status", "result", "confidence"]


@pytest.mark.parametrize("length", [30, 80, 200, len(TEXT) - 8])
def test_a_truncated_envelope_is_an_error_that_says_truncated(length: int) -> None:
    (problem,) = problems(TEXT[:length])
    assert "truncated" in problem


def test_a_missing_brace_is_not_supplied_where_fields_are_missing_too() -> None:
    text = json.dumps({"status": "success", "confidence": 1, "result": "all done"})
    (problem,) = problems(text.rstrip("}"))
    assert "truncated" in problem


def test_two_different_envelopes_are_refused() -> None:
    other = json.dumps(envelope(next_agent=None))
    (problem,) = problems(f"{TEXT}\n\nor rather\n{other}")
    assert "2 different envelopes" in problem


def test_a_second_envelope_that_breaks_off_makes_the_first_doubtful() -> None:
    (problem,) = problems(f"{TEXT}\nOn second thought:\n{TEXT[:90]}")
    assert "truncated" in problem
    assert "send only one" in problem


def test_an_envelope_inside_a_broken_one_is_never_taken_for_it() -> None:
    nested = json.dumps(envelope(context_forward={"earlier": envelope(status="success")}))
    (problem,) = problems(nested[:-20])
    assert "truncated" in problem


def test_an_envelope_carried_in_the_context_stays_there() -> None:
    outer = envelope(context_forward={"earlier": envelope(status="success")})
    assert parse_handoff(json.dumps(outer), AGENTS).handoff.status == "needs_help"


def test_code_and_other_json_beside_the_envelope_do_not_disturb_it() -> None:
    text = "def f(): return {x: 1 for x in y}\n{\"result\": [1, 2]}\n{'a':\n" + TEXT
    assert parse_handoff(text, AGENTS).handoff.next_agent == "api-expert"


def test_one_key_with_two_values_is_refused() -> None:
    (problem,) = problems(TEXT.replace("{", '{"confidence": 0.1,', 1))
    assert "two different values" in problem


def test_an_unescaped_quote_is_not_guessed_at() -> None:
    (problem,) = problems(TEXT.replace("30 s", '"30 s"'))
    assert "not readable JSON at line 3" in problem


def test_no_envelope_at_all_is_said() -> None:
    assert "no envelope" in problems("I implemented everything. All tests pass.")[0]
    assert "no envelope" in problems("")[0]


@pytest.mark.parametrize("wrap", [json.dumps, dict])
def test_an_enormous_envelope_is_refused_with_what_to_do(wrap: Any) -> None:
    (problem,) = problems(wrap(envelope(result="x" * MAX_BYTES)))
    assert "262,144" in problem
    assert "put what is long in a file" in problem


def test_context_nested_without_end_is_refused_and_does_not_overflow() -> None:
    deep: dict[str, Any] = {}
    for _ in range(20_000):
        deep = {"a": deep}
    assert "nested more than 16 deep" in problems(envelope(context_forward=deep))[0]
    written = TEXT.replace('"bybit"', '{"a":' * 2_000 + "1" + "}" * 2_000)
    assert "nested more than 64 deep" in problems(written)[0]


@pytest.mark.parametrize("size", [20_000, pytest.param(MAX_BYTES, marks=pytest.mark.slow)])
def test_braces_that_open_nothing_do_not_take_forever(size: int) -> None:
    assert problems("{" * size)
    assert problems('{"a' * (size // 3))
    assert problems(('{"a":[' * 60 + "x") * (size // 440))


def test_the_message_for_the_model_is_short_whatever_was_sent() -> None:
    fields = envelope(
        status="x" * 50_000,
        confidence="y" * 50_000,
        result=10**4000,
        next_agent="z" * 50_000,
        **{f"unknown{i}" * 900: object() for i in range(40)},
    )
    with pytest.raises(HandoffError) as caught:
        parse_handoff(fields, AGENTS)
    assert len(caught.value.for_model()) < 2_500
    assert "confidence" in caught.value.for_model()


def test_the_message_for_the_model_says_what_was_wrong_and_the_shape_wanted() -> None:
    with pytest.raises(HandoffError) as caught:
        parse_handoff(envelope(confidence=1.7), AGENTS)
    told = caught.value.for_model()
    assert "got 1.7, wanted a number from 0 to 1" in told
    assert '"context_forward"' in told


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (TEXT, True),
        (f"Sure!\n```json\n{TEXT}\n```", True),
        (TEXT[:60], True),
        ('{"status": "succ', False),
        ('{"status": "success", "resul', True),
        ("{'status': 'success', 'result': 'x'}", True),
        ("The status: success. Confidence: high.", False),
        ('The venue answers {"status": "success", "data": {}}.', False),
        ('{"retCode": 0, "result": {}}', False),
        ("", False),
    ],
)
def test_text_that_is_meant_as_an_envelope_is_told_from_other_text(text: str, meant: bool) -> None:
    assert looks_like_handoff(text) is meant


handoffs = st.builds(
    lambda status, result, context, confidence, reasoning: Handoff(
        status=status,
        result="r" + result,
        next_agent=None,
        context_forward=context,
        confidence=confidence,
        reasoning="w" + reasoning,
    ),
    st.sampled_from(["success", "needs_help", "blocked", "complete"]),
    st.text(),
    st.dictionaries(st.text(), st.integers() | st.text() | st.booleans() | st.none(), max_size=4),
    st.floats(0, 1),
    st.text(),
)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(
    handoffs, st.booleans(), st.sampled_from(["{body}", "```json\n{body}\n```", "so:\n{body}\nend"])
)
def test_every_handoff_survives_being_written_and_read(
    handoff: Handoff, ascii_only: bool, frame: str
) -> None:
    body = json.dumps(handoff.model_dump(), ensure_ascii=ascii_only)
    assert parse_handoff(frame.replace("{body}", body), ()).handoff == handoff


@settings(max_examples=200, derandomize=True, deadline=None)
@given(handoffs, st.data())
def test_no_prefix_of_an_envelope_is_ever_taken_for_another(
    handoff: Handoff, data: st.DataObject
) -> None:
    body = json.dumps(handoff.model_dump())
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    with suppress(HandoffError):
        assert parse_handoff(cut, ()).handoff == handoff


@settings(max_examples=300, derandomize=True, deadline=None)
@given(st.text(alphabet="{}[]\"':,\\ntus01.-e “”/*#resultconfidencestatus\n"))
def test_any_text_is_either_read_or_refused(text: str) -> None:
    looks_like_handoff(text)
    told: tuple[str, ...] = ("read",)
    try:
        parse_handoff(text, ())
    except HandoffError as error:
        told = error.problems
    assert told
