"""Whether trades and a book's updates follow one another: by numbers, or by a checksum of the book.

ccxt 4.5.90 looks at Binance's numbers alone: at Bybit, Kraken and Coinbase a lost update leaves a
level in the book that is not there any more (seen at local venues). Here each message is looked at
before or after ccxt takes it in. Sources: Bybit, "Orderbook" (`u` is consecutive; 1 is a restart);
Kraken, "Book checksum (WebSocket v2)"; Coinbase, "WebSocket overview" (`sequence_num` counts the
messages of a connection).
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final
from weakref import WeakKeyDictionary

from trading_tools.exchange.limits import decimals

Message = Mapping[str, Any]
Broken = dict[str, str]
"""Why a book is wrong, by market; until its next snapshot."""

_NAME: Final = "broken_books"
_SUMMED: Final = 10

_log = logging.getLogger(__name__)


class UpdatesLost(Exception):
    """A book lacks updates, so that it is wrong until a new snapshot; or trades did not come."""


class Numbers:
    """Those of a market's trades, each one more than the one before."""

    def __init__(self) -> None:
        self._last: int | None = None

    def forget(self) -> None:
        """Whatever comes next is the first."""
        self._last = None

    def follow(self, numbers: Iterable[int]) -> None:
        """Take in the numbers that came together; older ones may come again.

        Raises:
            UpdatesLost: one before them did not come.
        """
        for number in sorted(numbers):
            if self._last is not None and number > self._last + 1:
                raise UpdatesLost(_missing(self._last, number, "trades"))
            self._last = number if self._last is None else max(self._last, number)


def broken_books(client: Any) -> Broken:
    """The client's broken books; from the first call on its messages are looked at."""
    found: Broken | None = getattr(client, _NAME, None)
    if found is None:
        found = {}
        setattr(client, _NAME, found)
        if client.id in _CHECKS:
            _CHECKS[client.id](client, found)
    return found


def _bybit(client: Any, broken: Broken) -> None:
    take = client.handle_order_book
    last: dict[str, int] = {}

    def looked_at(connection: Any, message: Message) -> None:
        topic, data = message["topic"], message["data"]
        kind = "spot" if "spot" in connection.url else "contract"
        symbol = client.safe_market(data["s"], None, None, kind)["symbol"]
        number, before = int(data["u"]), last.get(topic)
        if message["type"] == "snapshot" or number == 1:
            broken.pop(symbol, None)
        elif before is None:
            broken[symbol] = "its first update was no snapshot"
        elif number <= before:
            return  # one that comes again, or late: newer ones are in the book
        elif number > before + 1:
            broken[symbol] = _missing(before, number)
        last[topic] = number
        take(connection, message)

    client.handle_order_book = looked_at


def _coinbase(client: Any, broken: Broken) -> None:
    take = client.handle_message
    last: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    def looked_at(connection: Any, message: Message) -> None:
        number = message.get("sequence_num")
        if number is not None:
            before = last.get(connection, number - 1)
            if number > before + 1:
                broken.update(dict.fromkeys(client.orderbooks, _missing(before, number)))
            last[connection] = max(before, number)
        if message.get("channel") == "l2_data":
            for event in message.get("events") or ():
                if event.get("type") == "snapshot":
                    broken.pop(client.safe_market(event.get("product_id"))["symbol"], None)
        take(connection, message)

    client.handle_message = looked_at


def _kraken(client: Any, broken: Broken) -> None:
    take = client.handle_order_book
    unlike: set[str] = set()

    def looked_at(connection: Any, message: Message) -> None:
        take(connection, message)
        data = message["data"][0]
        symbol, told, whole = data["symbol"], data.get("checksum"), message["type"] == "snapshot"
        if whole:
            broken.pop(symbol, None)
        if told is None or symbol in unlike:
            return
        own = _checksum(client.orderbooks[symbol], client.market(symbol)["precision"])
        if own == told:
            return
        if whole:
            # Nothing can be missing of a snapshot: these are not the decimals that it is made of.
            unlike.add(symbol)
            _log.warning("kraken's checksums of %s are not understood, nor looked at", symbol)
        else:
            broken[symbol] = f"its checksum is {told}, that of the updates that came is {own}"

    client.handle_order_book = looked_at


_CHECKS: Final[Mapping[str, Callable[[Any, Broken], None]]] = MappingProxyType(
    {"bybit": _bybit, "coinbase": _coinbase, "kraken": _kraken}
)


def _missing(before: int, number: int, what: str = "messages") -> str:
    return f"{number - before - 1} {what} between {before} and {number} did not come"


def _checksum(book: Mapping[str, Any], precision: Mapping[str, Any]) -> int:
    """CRC32 over the ten best asks, then bids: each figure without point and leading zeros."""
    places = [decimals(Decimal(str(precision[name]))) or 0 for name in ("price", "amount")]
    figures = [
        _digits(Decimal(str(figure)), places[at])
        for side in ("asks", "bids")
        for level in book[side][:_SUMMED]
        for at, figure in enumerate(level[:2])
    ]
    return zlib.crc32("".join(figures).encode())


def _digits(figure: Decimal, places: int) -> str:
    return f"{figure:.{places}f}".replace(".", "").lstrip("0")
