"""Limit orders on Manifold's binary markets, as an order port. **Play money**: mana buys nothing.

Sizes are shares of YES, prices its probability. Manifold takes an amount of mana instead of a size:
size times price. Where it fills at better prices it gives more shares than that; they are reported
as they are. A sale is a buy of NO at the complement, which Manifold sets off against YES held.

Manifold has no client order id. It keeps the time at which a limit order ends, to the millisecond,
and shows it again: that time, centuries ahead, is the client order id (`client_ids`). Source:
Manifold's published API schema and its type of a bet.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal

from trading_tools.audit.trade import Outcome as Came
from trading_tools.exchange.errors import BadReply
from trading_tools.exchange.links.floats import as_float
from trading_tools.exchange.links.manifold.words import fills_of, refused, shown
from trading_tools.exchange.links.prediction.facts import Outcome, outcome_limits
from trading_tools.exchange.orders.intent import Intent
from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.life import Stage
from trading_tools.exchange.orders.port import (
    NOT_SENT,
    SET_BY_MS,
    SpotWithoutTurns,
    Unanswered,
    VenueFill,
    VenueOrder,
)
from trading_tools.money import MoneyError, from_json

URL: Final = "https://api.manifold.markets/v0"
TICK: Final = Decimal("0.01")

_PAGE: Final = 1_000


class ManifoldOrders(SpotWithoutTurns):
    """One account of Manifold, by its API key; symbols are contract ids."""

    name = "manifold"
    validity_s = 60.0
    """Manifold names none: a margin for a request on its way, and for lists that are cached for up
    to 15 seconds."""

    def __init__(self, key: str, user_id: str, url: str = URL, answer_s: float = 10.0) -> None:
        self._headers = {"Authorization": f"Key {key}"}
        self._user_id = user_id
        self._url = url
        self._answer_s = answer_s
        self._session: Any = None

    async def submit(self, intent: Intent, client_order_id: str) -> Judged:
        """Send an order, once."""
        if intent.price_quote is None or intent.time_in_force != "GTC":
            return _not_sent("only limit orders that stay (GTC) can be named at Manifold")
        buys = intent.side == "buy"
        price = intent.price_quote if buys else 1 - intent.price_quote
        try:
            body = {
                "contractId": intent.symbol,
                "outcome": "YES" if buys else "NO",
                "amount": as_float(intent.size_base * price, "amount"),
                "limitProb": as_float(intent.price_quote, "price_quote"),
                "expiresAt": int(client_order_id),
            }
        except MoneyError as error:
            return _not_sent(str(error))
        return await self._judged("bet", body, "betId")

    async def cancel(self, symbol: str, client_order_id: str, venue_order_id: str | None) -> Judged:
        """Ask for the end of an order, once."""
        number = venue_order_id
        if number is None:
            try:
                found = await self.find(symbol, client_order_id, None, 0)
            except Unanswered as error:
                return _not_sent(str(error))
            if found is None:
                return _not_sent("Manifold has no such order")
            number = found.venue_order_id
        return await self._judged(f"bet/cancel/{number}", {}, "id")

    async def find(
        self, symbol: str, client_order_id: str, venue_order_id: str | None, since_ms: int
    ) -> VenueOrder | None:
        """The order by the time of its end."""
        for bet in await self._bets(symbol, since_ms - SET_BY_MS):
            if bet.get("expiresAt") == int(client_order_id):
                return shown(symbol, bet)
        return None

    async def open_orders(self, symbol: str) -> Sequence[VenueOrder]:
        """All open limit orders of the account in one market."""
        bets = await self._bets(symbol, 0, {"kinds": "open-limit"})
        return [order for bet in bets if (order := shown(symbol, bet)).stage is Stage.OPEN]

    async def fills(self, symbol: str, since_ms: int) -> Sequence[VenueFill]:
        """The trades of all limit orders that were made since then."""
        bets = await self._bets(symbol, since_ms)
        found = [fill for bet in bets for fill in fills_of(symbol, bet)]
        return sorted(found, key=lambda fill: (fill.at_ms, fill.trade_id))

    async def time_ms(self) -> int:
        """The server's clock, by the Date of a reply, in whole seconds."""
        _, headers, _ = await self._asked("GET", f"user/by-id/{self._user_id}")
        try:
            return int(parsedate_to_datetime(headers["Date"]).timestamp() * 1000)
        except (KeyError, ValueError) as error:
            raise Unanswered("manifold did not say what time it is") from error

    async def outcome(self, contract_id: str) -> Outcome:
        """What the guard must know of a market's YES.

        Raises:
            BadReply: it is no binary market of play money.
            Unanswered: Manifold does not answer.
        """
        status, _, told = await self._asked("GET", f"market/{contract_id}")
        if status != 200 or not isinstance(told, dict):
            raise Unanswered(f"manifold did not tell market {contract_id}: HTTP {status}")
        kind, money = told.get("outcomeType"), told.get("token", "MANA")
        if kind != "BINARY" or money != "MANA":
            raise BadReply(
                f"{contract_id} is {kind} in {money}: only BINARY in MANA is traded here"
            )
        resolved, closes = bool(told.get("isResolved")), told.get("closeTime")
        if not isinstance(closes, int | float | None):
            raise BadReply(f"{contract_id} closes at {closes!r:.40}, which is no time")
        pays: Mapping[str, Decimal] = {"YES": Decimal(1), "NO": Decimal(0)}
        settled = pays.get(str(told.get("resolution")))
        if told.get("resolution") == "MKT":
            settled = from_json(told["resolutionProbability"], "resolutionProbability")
        limits = outcome_limits(
            self.name,
            contract_id,
            "M$ (play money)",
            tick=TICK,
            min_notional=Decimal(1),
            trading=not resolved,
            at=datetime.now(UTC),
        )
        closes_at = None if closes is None else datetime.fromtimestamp(int(closes) / 1000, UTC)
        return Outcome(limits, str(told["question"]), "YES", closes_at, resolved, settled)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()

    async def _judged(
        self, path: str, body: dict[str, Any], number: Literal["betId", "id"]
    ) -> Judged:
        try:
            status, _, told = await self._asked("POST", path, body=body)
        except Unanswered as error:
            return Judged(Came.UNKNOWN, message=str(error))
        if status == 200 and isinstance(told, dict) and told.get(number):
            return Judged(Came.ACCEPTED, venue_order_id=str(told[number]))
        return refused(status, told)

    async def _bets(
        self, symbol: str, since_ms: int, more: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """The account's limit orders in a market that were made since then, of every page."""
        found: list[dict[str, Any]] = []
        asked = {"userId": self._user_id, "contractId": symbol, "limit": str(_PAGE), **(more or {})}
        while True:
            status, _, page = await self._asked("GET", "bets", query=asked)
            if status != 200 or not isinstance(page, list):
                raise Unanswered(f"manifold did not list bets: HTTP {status}")
            found += [bet for bet in page if bet.get("limitProb") is not None]
            if len(page) < _PAGE or page[-1]["createdTime"] < since_ms:
                return [bet for bet in found if bet["createdTime"] >= since_ms]
            asked["before"] = page[-1]["id"]

    async def _asked(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> tuple[int, Mapping[str, str], Any]:
        """Status, headers and JSON of a reply.

        Raises:
            Unanswered: none came that can be read.
        """
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(headers=self._headers)
        try:
            async with asyncio.timeout(self._answer_s):
                async with self._session.request(
                    method, f"{self._url}/{path}", params=query, json=body
                ) as reply:
                    return reply.status, reply.headers, json.loads(await reply.text())
        except (OSError, TimeoutError, aiohttp.ClientError, ValueError) as error:
            raise Unanswered(f"manifold did not answer: {type(error).__name__}") from error


def _not_sent(why: str) -> Judged:
    return Judged(Came.REJECTED, NOT_SENT, why)
