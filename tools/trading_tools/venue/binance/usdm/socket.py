"""A conversation on streams: market streams, and the user data stream by its listen key.

`/public`, `/market` and `/private` before the path lead to the same streams here.
"""

from __future__ import annotations

import json
import re
from typing import Final
from urllib.parse import parse_qs

from trading_tools.venue.binance.socket import MarketSocket
from trading_tools.venue.binance.usdm.place import UsdmVenue
from trading_tools.venue.binance.usdm.streams import UsdmStreams
from trading_tools.venue.binance.usdm.user_streams import Event, UserStreams
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.messages import Told

ROUTES: Final = frozenset({"public", "market", "private"})
_KEY = re.compile(r"[0-9A-Za-z]{64}")


def routed(path: str) -> str:
    """The path without the route before it: `/market/ws/x` is `/ws/x`."""
    first, slash, rest = path[1:].partition("/")
    return slash + rest if first in ROUTES else path


class UsdmSocket(MarketSocket):
    """The subscriptions of one connection; a name of 64 letters and digits is a listen key."""

    def __init__(
        self,
        venue: UsdmVenue,
        streams: UsdmStreams,
        user: UserStreams,
        connection: Connection,
        path: str,
        query: str,
    ) -> None:
        self._place = venue
        self._user = user
        super().__init__(venue, streams, connection, routed(path), query)
        if (keys := parse_qs(query).get("listenKey")) is not None:
            self._subscribe(keys)

    def _listen(self, name: str) -> None:
        if not _KEY.fullmatch(name):
            super()._listen(name)
            return

        def tell(event: Event, told: Told, symbol: str) -> None:
            text = json.dumps(event, separators=(",", ":"))
            arrives = self._connection.send(self._wrapped(name, text), told, symbol)
            lost = {} if arrives else {"lost": True}
            self._place.ledger.record(
                event["E"], "stream.told", connection=self._connection.number, event=event, **lost
            )

        self._user.listen(name, self._connection.number, tell)

    def _forget(self, name: str) -> None:
        super()._forget(name)
        self._user.forget(name, self._connection.number)
