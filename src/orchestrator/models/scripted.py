"""A model that says what it was told to say, for tests of everything above the port."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from orchestrator.models.port import ModelError, ModelRequest, Reply

Scripted = Reply | ModelError | Callable[[ModelRequest], Reply]


class ScriptError(AssertionError):
    """More turns were asked for than the script holds, or fewer."""


class ScriptedModel:
    """Gives the scripted replies in order and keeps the requests it was asked in `requests`.

    A step is a reply, an error to raise, or a function of the request that returns (or raises) one.
    As a context manager it checks at the end that every step was used, unless an error is raised.
    """

    def __init__(self, replies: Iterable[Scripted]) -> None:
        self._steps = list(replies)
        self.requests: list[ModelRequest] = []
        self.closed = False

    async def reply(
        self,
        request: ModelRequest,
        on_text: Callable[[str], None] | None = None,
        deadline_s: float | None = None,
    ) -> Reply:
        """The next step of the script; its text goes to `on_text` whole.

        Raises:
            ScriptError: the script has no further step.
        """
        position = len(self.requests)
        self.requests.append(request)
        if position >= len(self._steps):
            raise ScriptError(
                f"turn {position + 1} was asked for, the script has {len(self._steps)}; "
                f"last message: {request.messages[-1] if request.messages else None!r}"
            )
        step = self._steps[position]
        if isinstance(step, ModelError):
            raise step
        reply = step if isinstance(step, Reply) else step(request)
        if on_text is not None and reply.text:
            on_text(reply.text)
        return reply if reply.model else replace(reply, model=request.model)

    async def aclose(self) -> None:
        """Mark the model closed."""
        self.closed = True

    def assert_complete(self) -> None:
        """Check that every step was used.

        Raises:
            ScriptError: steps are left over.
        """
        used = len(self.requests)
        if used != len(self._steps):
            raise ScriptError(f"{used} turns were asked for, the script has {len(self._steps)}")

    def __enter__(self) -> ScriptedModel:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.assert_complete()
