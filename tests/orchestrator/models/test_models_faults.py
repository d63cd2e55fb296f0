"""Which failures are tried again, and what the others become."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orchestrator.models.faults import fault_of_event, fault_of_status, retry_after_s
from orchestrator.models.port import (
    BadRequest,
    ModelConfigError,
    ModelUnavailable,
    PromptTooLong,
    Usage,
)

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


def said(kind: str, message: str = "the words", code: str | None = None) -> dict[str, object]:
    details = {"details": {"error_code": code}} if code else {}
    return {"type": "error", "error": {"type": kind, "message": message, **details}}


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_a_passing_trouble_is_tried_again_and_at_last_unavailable(status: int) -> None:
    fault = fault_of_status(status, {}, said("x"), NOW)
    assert fault.retry
    error = fault.error(3, Usage(1, 2))
    assert isinstance(error, ModelUnavailable)
    assert str(error) == f"no reply after 3 attempts: the words (HTTP {status})"
    assert (error.attempts, error.lost_usage) == (3, Usage(1, 2))


@pytest.mark.parametrize(
    ("status", "fix"),
    [(401, "ANTHROPIC_API_KEY"), (402, "credit"), (403, "key"), (404, "--model")],
)
def test_what_a_person_must_mend_is_a_configuration_error(status: int, fix: str) -> None:
    fault = fault_of_status(status, {}, said("x", "model:\n  nope"), NOW)
    error = fault.error(1, Usage())
    assert not fault.retry
    assert isinstance(error, ModelConfigError)
    assert error.what == "model: nope"
    assert fix in error.fix
    assert "\n" not in str(error)


@pytest.mark.parametrize("status", [400, 422])
def test_a_refused_form_says_the_services_own_words(status: int) -> None:
    fault = fault_of_status(status, {}, said("x", "messages.3: wrong"), NOW)
    error = fault.error(1, Usage())
    assert not fault.retry
    assert isinstance(error, BadRequest)
    assert (str(error), error.status) == ("messages.3: wrong", status)


@pytest.mark.parametrize("code", ["enforced_spend_limit_reached", "contract_spend_limit_reached"])
def test_a_spend_limit_is_never_tried_again_whatever_the_headers_say(code: str) -> None:
    body = said("rate_limit_error", "limit reached", code)
    fault = fault_of_status(429, {"x-should-retry": "true", "retry-after": "5"}, body, NOW)
    assert not fault.retry
    assert isinstance(fault.error(1, Usage()), ModelConfigError)


def test_a_ramp_limit_is_a_passing_trouble() -> None:
    body = said("rate_limit_error", "slow down", "ramp_limit_exceeded")
    fault = fault_of_status(429, {"retry-after": "5"}, body, NOW)
    assert (fault.retry, fault.retry_after_s) == (True, 5.0)


def test_an_empty_balance_is_a_configuration_error_though_it_is_a_400() -> None:
    body = said("invalid_request_error", "Your credit balance is too low to access the API.")
    assert isinstance(fault_of_status(400, {}, body, NOW).error(1, Usage()), ModelConfigError)


@pytest.mark.parametrize(
    ("status", "wish", "retry"), [(529, "false", False), (400, "true", True), (500, "?", True)]
)
def test_the_services_wish_overrides_the_status(status: int, wish: str, retry: bool) -> None:
    assert fault_of_status(status, {"x-should-retry": wish}, None, NOW).retry is retry


@pytest.mark.parametrize("body", ["<html>Bad\nGateway</html>", None, [], {"error": "flat"}])
def test_a_body_in_no_known_form_is_still_judged_by_its_status(body: object) -> None:
    assert fault_of_status(502, {}, body, NOW).retry


@pytest.mark.parametrize(
    ("kind", "retry"),
    [
        ("overloaded_error", True),
        ("api_error", True),
        ("rate_limit_error", True),
        ("timeout_error", True),
        ("something_new", True),
        ("invalid_request_error", False),
        ("authentication_error", False),
    ],
)
def test_an_error_event_is_judged_by_its_type(kind: str, retry: bool) -> None:
    assert fault_of_event(said(kind), NOW).retry is retry


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "250", "retry-after": "7"}, 0.25),
        ({"retry-after": "Fri, 20 Nov 2026 12:01:30 GMT"}, 90.0),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Fri, 20 Nov 2026 12:01:30 -0000"}, 90.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after-ms": "inf", "retry-after": "7"}, 7.0),
    ],
)
def test_the_pause_asked_for_is_read_in_all_its_forms(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after_s(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "prompt is too long: 215346 tokens > 200000 maximum"),
        (400, "input length and `max_tokens` exceed context limit: 190000 + 16000 > 200000"),
        (400, "Input is too long for requested model."),
        (400, "This model's maximum context length is 32768 tokens. However, you requested 40000"),
        (400, "the request exceeds the available context size, try increasing it"),
        (413, "Request exceeds the maximum size"),
    ],
)
def test_a_prompt_that_does_not_fit_is_told_from_other_refusals(status: int, words: str) -> None:
    fault = fault_of_status(status, {}, said("x", words), NOW)
    error = fault.error(1, Usage())
    assert not fault.retry
    assert isinstance(error, PromptTooLong)
    assert (str(error), error.status) == (words, status)
