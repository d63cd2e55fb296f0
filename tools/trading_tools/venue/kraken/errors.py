"""What Kraken says when it refuses: one line of text, in HTTP's 200.

Source: "Error messages" in the documentation of the spot API. Where it is silent, the words are
those that users report.
"""

from __future__ import annotations

from typing import Final

from trading_tools.venue.core.orders import Reason, Rejected


class KrakenError(Exception):
    """A refusal as it goes over the wire. HTTP's status is 200 but for unknown methods."""

    def __init__(self, words: str, status: int = 200) -> None:
        super().__init__(words)
        self.words = words
        self.status = status


ARGUMENTS: Final = "EGeneral:Invalid arguments"
UNKNOWN_METHOD: Final = "EGeneral:Unknown method"
LOCKOUT: Final = "EGeneral:Temporary lockout"
UNKNOWN_ORDER: Final = "EOrder:Unknown order"
UNKNOWN_PAIR: Final = "EQuery:Unknown asset pair"
UNKNOWN_ASSET: Final = "EQuery:Unknown asset"
INVALID_SESSION: Final = "ESession:Invalid session"
DEADLINE: Final = "EService:Deadline elapsed"
NO_POSITION: Final = "EOrder:Reduce only:No position exists"
NO_MARGIN: Final = "EOrder:Cannot open position"

_REASONS: Final[dict[Reason, str]] = {
    Reason.PRICE: "EOrder:Invalid price:Invalid price argument",
    Reason.SIZE: "EGeneral:Invalid arguments:volume minimum not met",
    Reason.MARKET_SIZE: "EGeneral:Invalid arguments:volume",
    Reason.NOTIONAL: "EOrder:Cost minimum not met",
    Reason.PRICE_BAND: "EOrder:Invalid price:Invalid price argument",
    Reason.OPEN_ORDERS: "EOrder:Orders limit exceeded",
    Reason.FUNDS: "EOrder:Insufficient funds",
    Reason.DUPLICATE: "EGeneral:Invalid arguments:cl_ord_id not unique",
    Reason.WOULD_MATCH: "EOrder:Post only order",
    Reason.WOULD_TRIGGER: "EOrder:Invalid price:Invalid price argument",
    Reason.UNKNOWN_ORDER: UNKNOWN_ORDER,
    Reason.MARGIN: "EOrder:Insufficient margin",
    Reason.REDUCE_ONLY: NO_POSITION,
    Reason.POSITION_SIDE: "EOrder:Cannot open opposing position",
    Reason.POSITION_LIMIT: "EOrder:Margin position size exceeded",
    Reason.POSITION_OPEN: "EOrder:Cannot open opposing position",
    Reason.UNCHANGED: ARGUMENTS,
}


def refused(refusal: Rejected) -> KrakenError:
    """The core's refusal in Kraken's words."""
    return KrakenError(_REASONS[refusal.reason])


def invalid(name: str) -> KrakenError:
    """An argument that is missing or makes no sense."""
    return KrakenError(f"{ARGUMENTS}:{name}")
