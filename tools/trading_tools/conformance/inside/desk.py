"""An order guard, or a bot that has one, before a venue that answers as it is told.

Standard library alone: a kept test carries this text, so that it needs nothing of ours.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Callable, Mapping
from typing import Any

_ORDER: Any = contextvars.ContextVar("order")


class Desk:
    """Submits orders through the guard; `sent` are those that got out, as (side, size, price).

    `make` builds an order of side, size and price (None for a market order), `method` of the guard
    takes it; without a method the order itself is all that is judged. Where the guard sends by
    itself its method `send` is replaced: the venue answers with `answer(filled, price)` a second
    later. Else the guard only judges, and its method `record` is told of what it let out.
    """

    def __init__(
        self,
        guard: Any,
        method: str | None,
        make: Callable[[str, Any, Any], Any],
        *,
        send: str | None = None,
        answer: Callable[[Any, Any], Any] | None = None,
        record: str | None = None,
        market_price: Any = None,
    ) -> None:
        self.sent: list[tuple[str, Any, Any]] = []
        self.refusal: object = ""
        self.outcome = "fills"
        self._guard = guard
        self._method = method
        self._make = make
        self._send = send
        self._answer = answer
        self._record = record
        self._market_price = market_price
        if send is not None:
            setattr(guard, send, self._venue)

    async def submit(
        self, side: str, size: Any, price: Any, change: tuple[str, Any] | None = None
    ) -> bool:
        """Whether an order gets out. `change` sets one of its fields after it was made."""
        before = len(self.sent)
        _ORDER.set((side, size, price))
        try:
            order = self._make(side, size, price)
            if change is not None:
                setattr(order, *change)
            answer = None
            if self._method is not None:
                answer = await self._given(self._method, order)
        except Exception as error:  # noqa: BLE001 - a guard refuses by whatever it raises
            self.refusal = error
            return self._send is not None and len(self.sent) > before
        if self._send is not None:
            self.refusal = getattr(answer, "error", answer)
            return len(self.sent) > before
        passed = answer[0] if isinstance(answer, tuple) else answer
        if passed is False or getattr(passed, "allowed", True) is False:
            self.refusal = answer
            return False
        self.sent.append((side, size, price))
        if self._record is not None:
            await self._given(self._record, order)
        return True

    async def _given(self, method: str, order: Any) -> Any:
        function = getattr(self._guard, method)
        answer = function(**order) if isinstance(order, Mapping) else function(order)
        return await answer if inspect.isawaitable(answer) else answer

    async def _venue(self, *_order: Any, **_named: Any) -> Any:
        side, size, price = _ORDER.get()
        self.sent.append((side, size, price))
        await asyncio.sleep(1)
        if self.outcome == "times out":
            raise TimeoutError("no answer")
        assert self._answer is not None
        filled = size if self.outcome == "fills" else size - size
        return self._answer(filled, price if price is not None else self._market_price)
