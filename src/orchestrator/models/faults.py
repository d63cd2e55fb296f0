"""What a failed call means: try again, or stop with which error. Pure.

Statuses, error types and codes are those of the Messages API's error reference. A gateway in front
of it may answer with anything, so a body is only trusted as far as it has the service's form.
"""

from __future__ import annotations

import email.utils
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

from orchestrator.models.port import (
    BadRequest,
    ModelConfigError,
    ModelError,
    ModelUnavailable,
    PromptTooLong,
    Usage,
)

STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
RETRIED = frozenset({408, 409, 429})
SPENT = frozenset({"enforced_spend_limit_reached", "contract_spend_limit_reached"})
FIXES = {
    401: "check ANTHROPIC_API_KEY (and that ANTHROPIC_BASE_URL is the endpoint the key is for)",
    402: "add credit to the account, or use another key",
    403: "use a key that may use this model and endpoint, or choose another model",
    404: "choose a model that is served there (--model, orchestrator.toml), or mend the base URL",
}
OF_MODEL = frozenset({403, 404})
NO_CREDIT = "add credit or raise the limit of the account, or use another key"


_TOO_LONG = re.compile(
    r"prompt is too long|exceed(?:s|ed)? (?:the )?(?:available |model'?s? |maximum )?context"
    r"|maximum context length|context[ _]length[ _]exceeded|input is too long"
    r"|too many input tokens",
    re.IGNORECASE,
)
"""How services say that a prompt does not fit: the Messages API, Bedrock, and servers of one's own
(vLLM, llama.cpp, gateways in front of other models)."""


class Verdict(Enum):
    """What to do about a failure once it is not tried again."""

    CONFIG = auto()
    BAD_REQUEST = auto()
    TOO_LONG = auto()
    UNAVAILABLE = auto()


@dataclass(frozen=True)
class Fault:
    """A failed attempt: what the service said and what follows.

    `retry_after_s` is the pause it asked for, in seconds, or None.
    """

    message: str
    retry: bool
    verdict: Verdict = Verdict.UNAVAILABLE
    fix: str = ""
    status: int | None = None
    retry_after_s: float | None = None

    def error(self, attempts: int, lost_usage: Usage) -> ModelError:
        """The error for the caller when this attempt was the last."""
        if self.verdict is Verdict.CONFIG:
            of_model = self.status in OF_MODEL
            return ModelConfigError(self.message, self.fix, attempts=attempts, of_model=of_model)
        if self.verdict is Verdict.TOO_LONG:
            return PromptTooLong(self.message, status=self.status or 400, attempts=attempts)
        if self.verdict is Verdict.BAD_REQUEST:
            return BadRequest(self.message, status=self.status or 400, attempts=attempts)
        tries = "1 attempt" if attempts == 1 else f"{attempts} attempts"
        text = f"no reply after {tries}: {self.message}"
        return ModelUnavailable(text, attempts=attempts, lost_usage=lost_usage)


def fault_of_status(status: int, headers: Mapping[str, str], body: object, now: datetime) -> Fault:
    """Judge an answer that is not a 200.

    `headers` must find names whatever their case; `now` turns a `Retry-After` date into a pause.
    """
    message = _message(body) or f"HTTP {status}"
    spent = _spent(status, body)
    retry = (status in RETRIED or status >= 500) and not spent
    wish = headers.get("x-should-retry")
    if wish in ("true", "false") and not spent:
        retry = wish == "true"
    verdict, fix = _verdict(status, spent)
    if verdict is Verdict.BAD_REQUEST and (status == 413 or _TOO_LONG.search(message)):
        verdict = Verdict.TOO_LONG
    return Fault(
        message=f"{message} (HTTP {status})" if verdict is Verdict.UNAVAILABLE else message,
        retry=retry,
        verdict=verdict,
        fix=fix,
        status=status,
        retry_after_s=retry_after_s(headers, now),
    )


def fault_of_event(body: Mapping[str, Any], now: datetime) -> Fault:
    """Judge an `error` event that came after a 200: its type stands for the status."""
    error = body.get("error")
    kind = error.get("type") if isinstance(error, Mapping) else None
    return fault_of_status(STATUS_OF_TYPE.get(str(kind), 500), {}, body, now)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """The pause that `retry-after-ms` or `retry-after` (seconds or a date) asks for, in seconds.

    None where neither is there or makes sense.
    """
    millis = _number(headers.get("retry-after-ms"))
    if millis is not None:
        return millis / 1000
    given = headers.get("retry-after")
    seconds = _number(given)
    if seconds is not None or given is None:
        return seconds
    try:
        date = email.utils.parsedate_to_datetime(given)
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _verdict(status: int, spent: bool) -> tuple[Verdict, str]:
    if spent:
        return Verdict.CONFIG, NO_CREDIT
    if status in FIXES:
        return Verdict.CONFIG, FIXES[status]
    if status in RETRIED or status >= 500:
        return Verdict.UNAVAILABLE, ""
    return Verdict.BAD_REQUEST, ""


def _spent(status: int, body: object) -> bool:
    """Whether the account is out of money, which no waiting mends.

    A spend limit is a 429 told apart by its code alone; an empty balance was also seen as a 400.
    """
    error = _error(body)
    details = error.get("details")
    code = details.get("error_code") if isinstance(details, Mapping) else None
    return code in SPENT or (status == 400 and "credit balance" in str(error.get("message")))


def _error(body: object) -> Mapping[str, Any]:
    error = body.get("error") if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def _message(body: object) -> str:
    """The service's own words in one line, or the start of a body that is not in its form."""
    text = _error(body).get("message") or (body if isinstance(body, str) else "")
    return " ".join(str(text).split())[:1000]
