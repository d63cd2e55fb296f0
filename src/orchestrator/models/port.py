"""What the harness asks of a language model: request, reply, usage, errors. No adapter lives here.

Messages and blocks have the form of the Messages API, because a reply's blocks must go back to the
service exactly as they came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Block = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One turn to ask for.

    `tools` and `messages` are in the form of the Messages API and are sent as they are, but for
    cache marks and empty text blocks. `max_tokens` bounds thinking and answer together. `effort` is
    `low`, `medium`, `high`, `xhigh`, `max` or None for the model's own default. `answer_schema` is
    the JSON Schema that the answer's text should follow; a service may not keep to it.
    `clear_above` asks the service to leave old tool results out of what the model reads once the
    prompt has more tokens than that; None asks for nothing.
    """

    model: str
    system: str
    tools: tuple[Block, ...]
    messages: tuple[Block, ...]
    max_tokens: int
    effort: str | None = None
    answer_schema: Mapping[str, Any] | None = None
    clear_above: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the service bills them; the three kinds of input do not overlap.

    `input_tokens` is the uncached part alone; `output_tokens` includes thinking.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
        )

    @property
    def prompt_tokens(self) -> int:
        """The whole prompt: what was uncached, read from the cache and written to it."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens


@dataclass(frozen=True, slots=True)
class Reply:
    """One finished turn of the model.

    `content` holds the blocks verbatim. `stop_reason` is the service's own word. `tool_errors` maps
    the id of a tool_use block to why its input must not be run; `refusal` says why the service
    declined, and is None otherwise. `attempts` counts every try, the last included, and
    `lost_usage` is what the failed ones had reported before they broke: it is billed too.
    """

    content: tuple[Block, ...]
    stop_reason: str
    usage: Usage = Usage()
    model: str = ""
    request_id: str | None = None
    attempts: int = 1
    tool_errors: Mapping[str, str] = field(default_factory=dict)
    refusal: str | None = None
    lost_usage: Usage = Usage()

    @property
    def text(self) -> str:
        """The text blocks' text, joined without separator."""
        return "".join(block["text"] for block in self.content if block.get("type") == "text")

    @property
    def tool_uses(self) -> tuple[Block, ...]:
        """The tool_use blocks, in order, also those in `tool_errors`."""
        return tuple(block for block in self.content if block.get("type") == "tool_use")


class Model(Protocol):
    """Anything that can take a turn."""

    async def reply(
        self,
        request: ModelRequest,
        on_text: Callable[[str], None] | None = None,
        deadline_s: float | None = None,
    ) -> Reply:
        """Take one turn.

        `on_text` gets each piece of visible text as it arrives; a retry starts the text again.
        `deadline_s` is the wall time left, in seconds, for this turn with all its retries. Cancel
        the task to abandon the turn.

        Raises:
            ModelError: one of its kinds, see each.
        """
        ...

    async def aclose(self) -> None:
        """Give back connections; the model takes no further turn."""
        ...


class ModelError(Exception):
    """A turn could not be had. `attempts` counts the tries; `lost_usage` is what they cost."""

    def __init__(self, message: str, *, attempts: int = 0, lost_usage: Usage = Usage()) -> None:
        super().__init__(message)
        self.attempts = attempts
        self.lost_usage = lost_usage


class ModelConfigError(ModelError):
    """Nothing but a person can mend it: key, credit, model name, a missing package.

    `what` is wrong and `fix` mends it; the text is both in one line. `of_model` says that another
    model might do.
    """

    def __init__(self, what: str, fix: str, *, attempts: int = 0, of_model: bool = False) -> None:
        super().__init__(f"{what}: {fix}", attempts=attempts)
        self.what = what
        self.fix = fix
        self.of_model = of_model


class ModelUnavailable(ModelError):
    """The retries are spent or the network is gone; the same turn may succeed later."""


class RetryAfterBeyondBudget(ModelError):
    """The service asks for a pause longer than the wall time left.

    `retry_after_s` is the pause it asked for, in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float,
        attempts: int,
        lost_usage: Usage = Usage(),
    ) -> None:
        super().__init__(message, attempts=attempts, lost_usage=lost_usage)
        self.retry_after_s = retry_after_s


class DeadlinePassed(RetryAfterBeyondBudget):
    """The wall time left ran out before a reply was whole.

    A kind of `RetryAfterBeyondBudget`, because both end a run at the same limit.
    """


class BadRequest(ModelError):
    """The service refused the form of the request (400, 413): a fault of ours.

    The text is the service's own message; `status` its HTTP status.
    """

    def __init__(self, message: str, *, status: int = 400, attempts: int = 1) -> None:
        super().__init__(message, attempts=attempts)
        self.status = status


class PromptTooLong(BadRequest):
    """The prompt does not fit into the model's window, or into the service's largest request.

    The same turn may succeed in a shorter conversation.
    """
