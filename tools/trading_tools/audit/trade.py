"""The trade audit: what was meant, what came of it, and why, as events of a ledger.

Here lives the record of order intents, their results and decisions, for any bot. It keeps no
state and judges nothing. Prices and sizes are ``Decimal``, in and out; floats are refused.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from trading_tools.audit.account_entries import PositionChange, Reconciled
from trading_tools.audit.errors import NotRecordable, StreamConflict
from trading_tools.audit.event import Event, utc_text
from trading_tools.audit.order_ends import CancelIntent, ReplaceIntent
from trading_tools.audit.trade_forms import count, number, optional, pack, require_text, values_of

if TYPE_CHECKING:
    from trading_tools.audit.ledger import Ledger

_TRIES = 100


class Outcome(StrEnum):
    """What the venue said. ``UNKNOWN`` (a timeout, a cut connection) is not a rejection."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """An order about to be sent. ``size_base`` in the base asset, ``price_quote`` per unit.

    ``price_quote`` is ``None`` for order types without one, ``at`` when it was meant (UTC),
    ``mid_quote``, ``bid_quote`` and ``ask_quote`` the middle and the best levels of the book that
    it was judged by, if it was by one, and ``book_age_ms`` how long ago that was read. ``key`` is
    the decision that ``client_order_id`` is made of, a ``time_in_force`` of ``PO`` is post only,
    ``stop_price_quote`` the price that a stop waits for.
    """

    client_order_id: str
    symbol: str
    side: Literal["buy", "sell"]
    order_type: str
    size_base: Decimal
    price_quote: Decimal | None
    at: datetime
    mid_quote: Decimal | None = None
    bid_quote: Decimal | None = None
    ask_quote: Decimal | None = None
    book_age_ms: int | None = None
    key: str | None = None
    time_in_force: str | None = None
    reduce_only: bool | None = None
    stop_price_quote: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderResult:
    """What came of an intent. ``code`` and ``message`` are the venue's own words.

    A rejection has a ``code``; sizes and prices are those the venue reported, if it did.
    """

    client_order_id: str
    outcome: Outcome
    at: datetime
    venue_order_id: str | None = None
    filled_size_base: Decimal | None = None
    average_price_quote: Decimal | None = None
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class OrderStage:
    """What a query, a stream or a reconciliation said of an order; ``stage`` is its writer's word.

    ``filled_size_base`` is all that was filled by then, ``source`` where it was learnt.
    """

    client_order_id: str
    stage: str
    at: datetime
    filled_size_base: Decimal
    source: str
    venue_order_id: str | None = None


@dataclass(frozen=True, slots=True)
class OrderFill:
    """One trade of an order. The venue, the order and ``trade_id`` together name it for good.

    ``fee_base`` is what the venue kept of the base asset for it, below zero where it gave some.
    """

    client_order_id: str
    trade_id: str
    at: datetime
    size_base: Decimal
    price_quote: Decimal
    fee_base: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class CancelResult:
    """What came of a cancel. Accepted, it says that the order has ended, not what it filled."""

    client_order_id: str
    outcome: Outcome
    at: datetime
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Why something was done or left; ``data`` is what it was based on, numbers as ``Decimal``."""

    decision: str
    reason: str
    data: Mapping[str, Any]


OfOrder = (
    OrderIntent | OrderResult | OrderStage | OrderFill | CancelIntent | CancelResult | ReplaceIntent
)
Entry = OfOrder | PositionChange | Reconciled | Decision
_KINDS: dict[str, type[Entry]] = {
    "trade.order_intent": OrderIntent,
    "trade.order_result": OrderResult,
    "trade.order_stage": OrderStage,
    "trade.order_fill": OrderFill,
    "trade.cancel_intent": CancelIntent,
    "trade.cancel_result": CancelResult,
    "trade.replace_intent": ReplaceIntent,
    "trade.position_change": PositionChange,
    "trade.reconciled": Reconciled,
    "trade.decision": Decision,
}


class TradeAudit:
    """The trade audit in one stream of a ledger. Several programs may write to the same one."""

    def __init__(self, ledger: "Ledger", stream: str) -> None:
        self._ledger = ledger
        self._stream = stream

    def order_intent(
        self,
        *,
        client_order_id: str,
        symbol: str,
        side: Literal["buy", "sell"],
        order_type: str,
        size_base: Decimal,
        price_quote: Decimal | None = None,
        at: datetime,
        mid_quote: Decimal | None = None,
        bid_quote: Decimal | None = None,
        ask_quote: Decimal | None = None,
        book_age_ms: int | None = None,
        key: str | None = None,
        time_in_force: str | None = None,
        reduce_only: bool | None = None,
        stop_price_quote: Decimal | None = None,
    ) -> Event:
        """Record an order before it is sent; on the disk when this returns.

        Raises ``NotRecordable`` for a float, a number that is not finite, a size that is not
        above zero, another side than ``buy`` or ``sell``, or a naive time.
        """
        if side not in ("buy", "sell"):
            raise NotRecordable(f"side {side!r} is neither 'buy' nor 'sell'")
        require_text(client_order_id=client_order_id, symbol=symbol, order_type=order_type)
        body = {
            "client_order_id": client_order_id,
            "symbol": symbol,
            "side": side,
            "order_type": order_type,
            "size_base": number("size_base", size_base, positive=True),
            "price_quote": optional("price_quote", price_quote),
            "at": utc_text(at),
            "mid_quote": optional("mid_quote", mid_quote),
            "bid_quote": optional("bid_quote", bid_quote),
            "ask_quote": optional("ask_quote", ask_quote),
            "book_age_ms": count("book_age_ms", book_age_ms),
            "key": key,
            "time_in_force": time_in_force,
            "reduce_only": reduce_only,
            "stop_price_quote": optional("stop_price_quote", stop_price_quote),
        }
        return self._append("trade.order_intent", body, durable=True)

    def order_result(
        self,
        *,
        client_order_id: str,
        outcome: Outcome,
        at: datetime,
        venue_order_id: str | None = None,
        filled_size_base: Decimal | None = None,
        average_price_quote: Decimal | None = None,
        code: str | None = None,
        message: str | None = None,
    ) -> Event:
        """Record what came of an order. A rejection needs the venue's ``code``.

        Raises ``NotRecordable`` as ``order_intent`` does, and for a rejection without a code.
        """
        outcome = _outcome(client_order_id, outcome, code)
        body = {
            "client_order_id": client_order_id,
            "outcome": outcome.value,
            "at": utc_text(at),
            "venue_order_id": venue_order_id,
            "filled_size_base": optional("filled_size_base", filled_size_base),
            "average_price_quote": optional("average_price_quote", average_price_quote),
            "code": code,
            "message": message,
        }
        return self._append("trade.order_result", body, durable=True)

    def order_stage(
        self,
        *,
        client_order_id: str,
        stage: str,
        at: datetime,
        filled_size_base: Decimal,
        source: str,
        venue_order_id: str | None = None,
    ) -> Event:
        """Record what was learnt of an order.

        Raises ``NotRecordable`` as ``order_intent`` does, and for an empty text.
        """
        require_text(client_order_id=client_order_id, stage=stage, source=source)
        body = {
            "client_order_id": client_order_id,
            "stage": stage,
            "at": utc_text(at),
            "filled_size_base": number("filled_size_base", filled_size_base),
            "source": source,
            "venue_order_id": venue_order_id,
        }
        if filled_size_base < 0:
            raise NotRecordable(f"filled_size_base {filled_size_base} is below zero")
        return self._append("trade.order_stage", body, durable=True)

    def order_fill(
        self,
        *,
        client_order_id: str,
        trade_id: str,
        at: datetime,
        size_base: Decimal,
        price_quote: Decimal,
        fee_base: Decimal = Decimal(0),
    ) -> Event:
        """Record one trade of an order.

        Raises ``NotRecordable`` as ``order_intent`` does, and for an empty text.
        """
        require_text(client_order_id=client_order_id, trade_id=trade_id)
        body = {
            "client_order_id": client_order_id,
            "trade_id": trade_id,
            "at": utc_text(at),
            "size_base": number("size_base", size_base, positive=True),
            "price_quote": number("price_quote", price_quote),
            "fee_base": number("fee_base", fee_base),
        }
        return self._append("trade.order_fill", body, durable=True)

    def cancel_intent(self, *, client_order_id: str, at: datetime, reason: str) -> Event:
        """Record a cancel before it is sent; on the disk when this returns."""
        require_text(client_order_id=client_order_id, reason=reason)
        body = {"client_order_id": client_order_id, "at": utc_text(at), "reason": reason}
        return self._append("trade.cancel_intent", body, durable=True)

    def cancel_result(
        self,
        *,
        client_order_id: str,
        outcome: Outcome,
        at: datetime,
        code: str | None = None,
        message: str | None = None,
    ) -> Event:
        """Record what came of a cancel. Raises ``NotRecordable`` as ``order_result`` does."""
        body = {
            "client_order_id": client_order_id,
            "outcome": _outcome(client_order_id, outcome, code).value,
            "at": utc_text(at),
            "code": code,
            "message": message,
        }
        return self._append("trade.cancel_result", body, durable=True)

    def replace_intent(
        self, *, client_order_id: str, successor: str, at: datetime, reason: str
    ) -> Event:
        """Record which order goes in another's place; on the disk when this returns."""
        require_text(client_order_id=client_order_id, successor=successor, reason=reason)
        body = {
            "client_order_id": client_order_id,
            "successor": successor,
            "at": utc_text(at),
            "reason": reason,
        }
        return self._append("trade.replace_intent", body, durable=True)

    def position_change(
        self, *, symbol: str, name: str, at: datetime, change_base: Decimal, reason: str
    ) -> Event:
        """Record a change of a position by no order of ours.

        Raises ``NotRecordable`` for a float, no finite number, an empty text or a naive time.
        """
        require_text(symbol=symbol, name=name, reason=reason)
        body = {
            "symbol": symbol,
            "name": name,
            "at": utc_text(at),
            "change_base": number("change_base", change_base),
            "reason": reason,
        }
        return self._append("trade.position_change", body, durable=True)

    def reconciled(self, *, symbol: str, at: datetime) -> Event:
        """Record up to when a market's fills were compared with the venue's."""
        require_text(symbol=symbol)
        body = {"symbol": symbol, "at": utc_text(at)}
        return self._append("trade.reconciled", body, durable=False)

    def decision(self, decision: str, reason: str, data: Mapping[str, Any] | None = None) -> Event:
        """Record a decision, why, and on what. Numbers in ``data`` are ``Decimal`` or ``int``.

        Raises ``NotRecordable`` for a float or a number that is not finite anywhere in it.
        """
        require_text(decision=decision, reason=reason)
        body = {"decision": decision, "reason": reason, "data": pack(data or {})}
        return self._append("trade.decision", body, durable=False)

    def last_seq(self) -> int:
        """The seq of the last event of the stream, 0 where there is none."""
        return head.seq if (head := self._ledger.head(self._stream)) else 0

    def trail(self, client_order_id: str | None = None, after: int = 0) -> list[Entry]:
        """What was recorded after seq ``after``, in order, numbers and times as they went in.

        With a ``client_order_id``, only what concerns that order. Other kinds of events in the
        stream are passed over.
        """
        told = (each for each in self._ledger.read(self._stream, after) if each.kind in _KINDS)
        entries = (_entry(_KINDS[event.kind], event.body) for event in told)
        return [
            entry
            for entry in entries
            if client_order_id is None
            or (isinstance(entry, OfOrder) and entry.client_order_id == client_order_id)
        ]

    def _append(self, kind: str, body: Mapping[str, Any], *, durable: bool) -> Event:
        # Each entry stands by itself: after a lost race it is as true as before.
        for _ in range(_TRIES):
            with suppress(StreamConflict):
                return self._ledger.append(self._stream, kind, body, durable=durable)
        return self._ledger.append(self._stream, kind, body, durable=durable)


def _outcome(client_order_id: str, outcome: Outcome, code: str | None) -> Outcome:
    """The outcome, after a look at what must go with it."""
    require_text(client_order_id=client_order_id)
    try:
        outcome = Outcome(outcome)
    except ValueError as error:
        raise NotRecordable(f"outcome {outcome!r} is none of {', '.join(Outcome)}") from error
    if outcome is Outcome.REJECTED and not code:
        raise NotRecordable(
            f"the rejection of {client_order_id} has no code: give the venue's, or record "
            "the outcome as unknown"
        )
    return outcome


def _entry(kind: type[Entry], body: Mapping[str, Any]) -> Entry:
    values = values_of(kind, body)
    if "outcome" in values:
        values["outcome"] = Outcome(values["outcome"])
    return kind(**values)
