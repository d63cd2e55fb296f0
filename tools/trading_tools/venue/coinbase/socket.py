"""The feed's conversation: subscribing, acknowledgements, sequence numbers, and when it ends.

What the channels carry is `streams` and `private`. Source: "WebSocket overview" and "WebSocket
authentication" of Advanced Trade.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

from aiohttp import WSCloseCode

from trading_tools.venue.coinbase.errors import CoinbaseError
from trading_tools.venue.coinbase.place import CoinbasePlace
from trading_tools.venue.coinbase.private import USER, Users
from trading_tools.venue.coinbase.streams import HEARTBEATS, NAMES, Streams
from trading_tools.venue.coinbase.texts import time_text
from trading_tools.venue.wire.connection import Connection
from trading_tools.venue.wire.messages import Told, compact

FUTURES: Final = "futures_balance_summary"
"""A private channel on which an account without futures hears nothing."""

_PRIVATE: Final = frozenset({USER, FUTURES})
_TOLD: Final = {
    "l2_data": Told.BOOK,
    "market_trades": Told.TRADES,
    "ticker": Told.TICKER,
    "ticker_batch": Told.TICKER,
    "candles": Told.CANDLES,
    "user": Told.ORDERS,
    "subscriptions": Told.REPLY,
}
"""What the messages are about; those of other channels keep a connection open."""


class _Refused(Exception):
    """A message that cannot be done, with the words for it. Never leaves this module."""


class Feed:
    """One connection: its subscriptions by channel, and its count of messages."""

    def __init__(
        self,
        place: CoinbasePlace,
        streams: Streams,
        users: Users,
        connection: Connection,
        on_end: Callable[[Feed], None],
    ) -> None:
        """`on_end` is called once the connection has ended."""
        self.number = connection.number
        self._place = place
        self._streams = streams
        self._users = users
        self._connection = connection
        self._on_end = on_end
        self._sequence = 0
        self._subscribed: dict[str, dict[str, None]] = {}
        self._loop = asyncio.get_running_loop()
        self._told_s = self._loop.time()
        self._patience = self._loop.call_later(place.limits.rules.subscribe_within_s, self._give_up)

    def on_text(self, text: str) -> None:
        """Do what one message asks for."""
        at, request = self._place.clock(), _request(text)
        shown = {name: value for name, value in request.items() if name != "jwt"}
        self._place.ledger.record(
            at,
            "stream.asked",
            connection=self.number,
            text=compact(shown)[:2_000],
        )
        try:
            self._do(request, at)
        except _Refused as refusal:
            error = {"type": "error", "message": str(refusal)}
            self._connection.send(compact(error), Told.REPLY)

    def leave(self) -> None:
        """End all subscriptions."""
        self._patience.cancel()
        for channel in list(self._subscribed):
            self._unsubscribe(channel, [])
        self._on_end(self)

    def tell(self, channel: str, event: str, at: int, symbol: str = "") -> bool:
        """Send one event with the next number; whether it goes out as it is."""
        moment = time_text(at)
        text = (
            f'{{"channel":"{channel}","timestamp":"{moment}","sequence_num":{self._sequence},'
            f'"events":[{event}]}}'
        )
        self._sequence += 1
        self._told_s = self._loop.time()
        return self._connection.send(text, _TOLD.get(channel, Told.CONTROL), symbol)

    def close_if_silent(self) -> None:
        """End a connection on which nothing was sent for long."""
        if self._loop.time() - self._told_s >= self._place.limits.rules.silent_s:
            self._connection.close(WSCloseCode.OK, "no updates")

    def _give_up(self) -> None:
        self._connection.close(WSCloseCode.POLICY_VIOLATION, "no subscription within 5 seconds")

    def _do(self, request: dict[str, Any], at: int) -> None:
        account = self._account(request, at)
        kind, channel = request.get("type"), request.get("channel")
        products = [] if channel == HEARTBEATS else _products(request)
        if kind not in ("subscribe", "unsubscribe"):
            raise _Refused("invalid message type: use subscribe or unsubscribe")
        if not isinstance(channel, str) or channel not in NAMES.keys() | _PRIVATE:
            raise _Refused(f"invalid channel {str(channel)[:50]}")
        unknown = [each for each in products if each not in self._place.instruments]
        if unknown:
            raise _Refused(f"invalid product_id {unknown[0][:50]}")
        if channel in _PRIVATE and not account:
            raise _Refused("authentication failure")
        if kind == "unsubscribe":
            self._unsubscribe(channel, products)
            self._acknowledge(at)
            return
        self._patience.cancel()
        new = self._note(channel, products)
        self._acknowledge(at)
        if channel == USER:
            owner = self._place.exchange.accounts[account]
            symbols = frozenset(self._subscribed[USER] if products else ())
            self._users.listen(owner, symbols, self, at)
        elif channel != FUTURES:
            for symbol in new:
                self._streams.listen(channel, symbol, self, at)

    def _note(self, channel: str, products: list[str]) -> list[str]:
        """Add to the subscriptions of a channel; which of them are new."""
        if channel == HEARTBEATS:
            products = [""]
        elif not products and channel not in _PRIVATE:
            products = list(self._place.instruments)
        known = self._subscribed.setdefault(channel, {})
        new = [each for each in dict.fromkeys(products) if each not in known]
        known.update(dict.fromkeys(new))
        return new

    def _unsubscribe(self, channel: str, products: list[str]) -> None:
        """End the subscription to some products of a channel, or to all."""
        known = self._subscribed.get(channel, {})
        for symbol in [each for each in known if not products or each in products]:
            del known[symbol]
            if channel in NAMES:
                self._streams.forget(channel, symbol, self)
        if not known:
            self._subscribed.pop(channel, None)
        if channel == USER:
            self._users.narrow(frozenset(known), self)

    def _acknowledge(self, at: int) -> None:
        told = {
            channel: [channel] if channel == HEARTBEATS else list(products)
            for channel, products in self._subscribed.items()
        }
        if USER in told:
            told[USER] = [self._place.user_id]
        event = compact({"subscriptions": told})
        self.tell("subscriptions", event, at)

    def _account(self, request: dict[str, Any], at: int) -> str:
        """Whose token a message carries; "" for none, which is counted as an unsigned one."""
        token = request.get("jwt")
        try:
            if token is None:
                self._place.limits.message(at)
                return ""
            if isinstance(token, str):
                return self._place.gate.token(token, at).account
        except CoinbaseError as error:
            words = "rate limit exceeded" if error.status == 429 else "authentication failure"
            raise _Refused(words) from None
        raise _Refused("authentication failure")


def _request(text: str) -> dict[str, Any]:
    """A message; an empty one for what is no JSON object."""
    try:
        request = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return request if isinstance(request, dict) else {}


def _products(request: dict[str, Any]) -> list[str]:
    found = request.get("product_ids") or []
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise _Refused("product_ids must be a list of strings")
    return found
