"""The names of what must hold of a bot's run; the oracle says whether it did."""

from __future__ import annotations

from enum import StrEnum


class Invariant(StrEnum):
    """One property of what the venue's ledger shows."""

    ONE_ORDER_PER_INTENT = "one-order-per-intent"
    """No intent has become more than one accepted order, filled at once or not."""
    POSITION_AS_DECLARED = "position-as-declared"
    """The position by the venue's own fills is what the user declared and the calm run had."""
    WITHIN_FILTERS = "within-filters"
    """No order is sent that breaks rules which the bot could have known."""
    NO_RATE_VIOLATIONS_AFTER_WARNING = "no-rate-violations-after-warning"
    """After the first refusal for a limit nothing is sent before its Retry-After is over."""
    STREAM_BACK_IN_TIME = "stream-back-in-time"
    """A stream that went silent or broke is there again in time after its last good message."""
    NO_ORPHAN_ORDERS = "no-orphan-orders"
    """The bot's end leaves no entry order open."""
    CANCELLED_AFTER_SIGTERM = "cancelled-after-sigterm"
    """Entry orders are cancelled in time after SIGTERM; what protects a position may stay."""
    NO_ORDERS_AFTER_KILL = "no-orders-after-kill"
    """Nothing is placed after the kill switch that the user declared."""
    RECOVERED = "recovered"
    """After the fault the bot acts as before, or ends and leaves nothing unprotected."""
