"""An order, its life cycle as a table, and the reasons for which one is refused.

Who may trade with whom is `book`; what an order locks and pays is `exchange`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from trading_tools.venue.core.contracts import PositionSide, Trigger


class Side(StrEnum):
    """What the account wants to do with the base asset."""

    __hash__ = str.__hash__  # the one of Enum is Python code, several times slower

    BUY = "BUY"
    SELL = "SELL"


class Kind(StrEnum):
    """Which rule an order executes by."""

    __hash__ = str.__hash__  # the one of Enum is Python code, several times slower

    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"
    MARKET = "MARKET"
    STOP_LOSS = "STOP_LOSS"
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"
    TAKE_PROFIT = "TAKE_PROFIT"
    TAKE_PROFIT_LIMIT = "TAKE_PROFIT_LIMIT"


class TimeInForce(StrEnum):
    """What becomes of a part that does not trade at once."""

    __hash__ = str.__hash__  # the one of Enum is Python code, several times slower

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class SelfTrade(StrEnum):
    """Which order ends where two of one account would trade: the one at rest, the new one, both."""

    __hash__ = str.__hash__  # the one of Enum is Python code, several times slower

    MAKER = "MAKER"
    TAKER = "TAKER"
    BOTH = "BOTH"


class Status(StrEnum):
    """Where an order stands. `WAITING` is a stop whose price has not been reached."""

    __hash__ = str.__hash__  # the one of Enum is Python code, several times slower

    WAITING = "WAITING"
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"


PRICED: Final = frozenset(
    {Kind.LIMIT, Kind.LIMIT_MAKER, Kind.STOP_LOSS_LIMIT, Kind.TAKE_PROFIT_LIMIT}
)
STOPS: Final = frozenset(
    {Kind.STOP_LOSS, Kind.STOP_LOSS_LIMIT, Kind.TAKE_PROFIT, Kind.TAKE_PROFIT_LIMIT}
)

_ENDS = frozenset({Status.FILLED, Status.CANCELED, Status.EXPIRED, Status.EXPIRED_IN_MATCH})
_TRADING = _ENDS | {Status.PARTIALLY_FILLED}
LIFE: Final[dict[Status, frozenset[Status]]] = {
    Status.WAITING: frozenset({Status.NEW, Status.CANCELED, Status.EXPIRED}),
    Status.NEW: _TRADING,
    Status.PARTIALLY_FILLED: _TRADING,
    Status.FILLED: frozenset(),
    Status.CANCELED: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.EXPIRED_IN_MATCH: frozenset(),
}
"""Which status may follow which; nothing follows an end."""


class IllegalTransition(Exception):
    """A status that cannot follow: a fault of the core, never of a client."""


class Reason(StrEnum):
    """Why an order or a cancel is refused; each venue has its own code and words for them."""

    PRICE = "price is outside the instrument's range"
    SIZE = "size is outside the instrument's range"
    MARKET_SIZE = "size is outside the range of market orders"
    NOTIONAL = "worth is outside the instrument's range"
    PRICE_BAND = "price is too far from the last price"
    OPEN_ORDERS = "too many open orders"
    FUNDS = "not enough free balance"
    DUPLICATE = "an open order has this client order id"
    WOULD_MATCH = "a post-only order would trade at once"
    WOULD_TRIGGER = "a stop order would trigger at once"
    UNKNOWN_ORDER = "no such open order"
    MARGIN = "not enough margin"
    REDUCE_ONLY = "there is no position that the order would reduce"
    POSITION_SIDE = "the position side is not of the account's position mode"
    POSITION_LIMIT = "the position would be larger than its leverage allows"
    POSITION_OPEN = "there is a position"
    UNCHANGED = "the amendment changes nothing"


class Rejected(Exception):
    """The exchange does not take the order or cancel; nothing has changed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


# Not a tuple: its fields are read some thirty times an order, which slots do in half the time.
@dataclass(frozen=True, slots=True)
class Ticket:
    """What an account asks for. Price and stop in ticks, size in steps, quote size in atoms.

    An order by `quote_size` is a market order that spends or earns at most that much. The last four
    before `tag` are for contracts: `close_position` is a stop that closes whatever there is when it
    triggers. `tag` is the venue's own note, which the core does not read.
    """

    symbol: str
    side: Side
    kind: Kind
    size: int
    price: int = 0
    stop: int = 0
    time_in_force: TimeInForce = TimeInForce.GTC
    quote_size: int = 0
    client_order_id: str = ""
    self_trade: SelfTrade = SelfTrade.MAKER
    reduce_only: bool = False
    position_side: PositionSide = PositionSide.BOTH
    close_position: bool = False
    trigger: Trigger = Trigger.LAST
    tag: str = ""


class Forced(StrEnum):
    """Why the venue itself made an order in an account's name."""

    NO = ""
    LIQUIDATION = "LIQUIDATION"
    DELEVERAGE = "DELEVERAGE"


@dataclass(slots=True, eq=False)
class Order:
    """One accepted order. Only the exchange changes it, and the status only by `turn`.

    `size` is what may trade: less than the ticket's where a reduce-only order was cut to its
    position.
    """

    id: int
    account: str
    ticket: Ticket
    status: Status
    created_ms: int
    updated_ms: int
    working_ms: int
    size: int
    locked: int
    filled: int = 0
    quote_filled: int = 0
    forced: Forced = Forced.NO

    @property
    def remaining(self) -> int:
        """Steps still to trade."""
        return self.size - self.filled

    @property
    def open(self) -> bool:
        """Whether it can still trade."""
        return bool(LIFE[self.status])

    def turn(self, status: Status, at: int) -> None:
        """Go over to `status` at `at` milliseconds.

        Raises:
            IllegalTransition: the table of `LIFE` does not lead there.
        """
        if status not in LIFE[self.status]:
            raise IllegalTransition(f"order {self.id} cannot go from {self.status} to {status}")
        self.status = status
        self.updated_ms = at


class Fill(NamedTuple):
    """One trade as one of its two orders sees it. Fee in atoms of `fee_asset`.

    `realised` is what it brought by closing a position, in quote atoms, before the fee.
    """

    trade_id: int
    at: int
    price: int
    size: int
    quote: int
    fee: int
    fee_asset: str
    maker: bool
    order: Order
    realised: int = 0


class Trade(NamedTuple):
    """One trade as everybody sees it. `buyer_maker`: the buy order was the one at rest."""

    id: int
    at: int
    symbol: str
    price: int
    size: int
    buyer_maker: bool


class Report(NamedTuple):
    """What happened to an order, as it stood then: the private stream's material.

    `event` is NEW, TRADE, CANCELED, EXPIRED, TRIGGERED or AMENDED; `fill` is set for TRADE.
    """

    event: str
    at: int
    order: Order
    status: Status
    filled: int
    quote_filled: int
    fill: Fill | None
    replaced_id: str = ""
