"""Small stand-ins for venues over HTTP: enough of each for an order's life, as ccxt reads it.

They answer in the shapes that ccxt 4.5.90's parsers document, keep what was asked of them, and lose
an order's answer when told to. They are no proof of what the real venues do.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import web

Asked = tuple[str, str, dict[str, str], Any]
"""Method, path, query and body of a request."""


def now() -> datetime:
    return datetime.now(UTC)


def now_ms() -> int:
    return int(now().timestamp() * 1000)


@dataclass
class Held:
    """An order of the book."""

    number: str
    name: str
    side: str
    size: Decimal
    price: Decimal
    status: Literal["open", "filled", "canceled"] = "open"
    filled: Decimal = Decimal(0)


class StandIn:
    """A venue with one market, whose `ask` is the price at which buys fill."""

    host = "127.0.0.1"

    def __init__(self, ask: str) -> None:
        self.ask = Decimal(ask)
        self.asked: list[Asked] = []
        self.orders: list[Held] = []
        self.fills: list[tuple[Held, Decimal, Decimal]] = []
        self.lose: Literal["before", "after"] | None = None
        """What the next order meets: it never arrives, or its answer does not."""
        self.refuse: tuple[int, Any] | None = None
        """The answer to every order, instead of one."""
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self._served)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """Status and body for a request."""
        raise NotImplementedError

    def places(self, asked: Asked) -> bool:
        """Whether a request is a new order."""
        raise NotImplementedError

    def named(self, name: str) -> Held | None:
        return next((held for held in self.orders if held.name == name), None)

    def numbered(self, number: str) -> Held | None:
        return next((held for held in self.orders if held.number == number), None)

    def place(self, name: str, side: str, size: str, price: str) -> Held:
        """Take an order; it fills at once where it meets the ask."""
        number = str(len(self.orders) + 1)
        held = Held(number, name, side, Decimal(size), Decimal(price))
        self.orders.append(held)
        if side == "buy" and held.price >= self.ask:
            self.trade(held, held.size, self.ask)
        return held

    def trade(self, held: Held, size: Decimal, price: Decimal) -> None:
        held.filled += size
        held.status = "filled" if held.filled == held.size else "open"
        self.fills.append((held, size, price))

    async def _served(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        body = json.loads(text) if text else None
        asked = (request.method, request.path, dict(request.query), body)
        self.asked.append(asked)
        lose = self.lose if self.places(asked) else None
        if lose is not None:
            self.lose = None
        if lose != "before":
            status, told = self.answer(asked)
            if self.places(asked) and self.refuse is not None:
                status, told = self.refuse
        if lose is not None:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if told is None:
            return web.Response(status=status)
        return web.json_response(told, status=status)


class Alpaca(StandIn):
    """Orders, the query by client order id, activities and the clock."""

    def places(self, asked: Asked) -> bool:
        return asked[:2] == ("POST", "/v2/orders")

    def answer(self, asked: Asked) -> tuple[int, Any]:
        method, path, query, body = asked
        if self.places(asked):
            if self.refuse is not None:
                return self.refuse
            if self.named(body["client_order_id"]):
                return 422, {"code": 40010001, "message": "client_order_id must be unique"}
            order = (body["client_order_id"], body["side"], body["qty"], body["limit_price"])
            return 200, self._order(self.place(*order))
        if path == "/v2/orders:by_client_order_id":
            held = self.named(query["client_order_id"])
            if held is None:
                return 404, {"code": 40410000, "message": "order not found"}
            return 200, self._order(held)
        if method == "DELETE":
            held = self.numbered(path.rpartition("/")[2])
            if held is None or held.status != "open":
                return 422, {"code": 42210000, "message": "order is not cancelable"}
            held.status = "canceled"
            return 204, None
        if path == "/v2/orders":
            return 200, [self._order(held) for held in self.orders if held.status == "open"]
        if path == "/v2/account/activities/FILL":
            start = int(query.get("page_token", "0"))
            return 200, [self._fill(at) for at in range(start, len(self.fills))][:100]
        return 200, {"timestamp": now().isoformat()}

    def _order(self, held: Held) -> dict[str, Any]:
        status = {"open": "new", "filled": "filled", "canceled": "canceled"}[held.status]
        return {
            "id": held.number,
            "client_order_id": held.name,
            "symbol": "BTC/USD",
            "side": held.side,
            "qty": str(held.size),
            "filled_qty": str(held.filled),
            "limit_price": str(held.price),
            "type": "limit",
            "status": status,
            "submitted_at": now().isoformat(),
        }

    def _fill(self, at: int) -> dict[str, Any]:
        held, size, price = self.fills[at]
        return {
            "id": str(at + 1),
            "activity_type": "FILL",
            "transaction_time": now().isoformat(),
            "price": str(price),
            "qty": str(size),
            "side": held.side,
            "symbol": "BTC/USD",
            "order_id": held.number,
        }


class Hyperliquid(StandIn):
    """The two paths of Hyperliquid: signed actions and questions."""

    def places(self, asked: Asked) -> bool:
        return asked[1] == "/exchange" and asked[3]["action"]["type"] == "order"

    def answer(self, asked: Asked) -> tuple[int, Any]:
        body = asked[3]
        if asked[1] == "/exchange":
            return 200, {"status": "ok", "response": self._act(body["action"])}
        kind = body["type"]
        if kind == "orderStatus":
            held = self.named(body["oid"])
            if held is None:
                return 200, {"status": "unknownOid"}
            status = {
                "order": self._order(held),
                "status": held.status,
                "statusTimestamp": now_ms(),
            }
            return 200, {"status": "order", "order": status}
        if kind == "userFillsByTime":
            return 200, [self._fill(at) for at in range(len(self.fills))]
        if kind == "exchangeStatus":
            return 200, {"specialStatuses": None, "time": now_ms()}
        return 200, [self._order(held) for held in self.orders if held.status == "open"]

    def _act(self, action: Any) -> dict[str, Any]:
        if action["type"] == "order":
            (told,) = action["orders"]
            held = self.place(told["c"], "buy" if told["b"] else "sell", told["s"], told["p"])
            status: Any = {"resting": {"oid": int(held.number), "cloid": held.name}}
            if held.status == "filled":
                status = {"filled": {"totalSz": told["s"], "avgPx": "20", "oid": int(held.number)}}
            return {"type": "order", "data": {"statuses": [status]}}
        (told,) = action["cancels"]
        found = self.named(told["cloid"])
        if found is None or found.status != "open":
            gone = "Order was never placed, already canceled, or filled. asset=10107"
            return {"type": "cancel", "data": {"statuses": [{"error": gone}]}}
        found.status = "canceled"
        return {"type": "cancel", "data": {"statuses": ["success"]}}

    def _order(self, held: Held) -> dict[str, Any]:
        return {
            "coin": "@107",
            "side": "B" if held.side == "buy" else "A",
            "limitPx": str(held.price),
            "sz": str(held.size - held.filled),
            "origSz": str(held.size),
            "oid": int(held.number),
            "timestamp": now_ms(),
            "orderType": "Limit",
            "tif": "Gtc",
            "cloid": held.name,
        }

    def _fill(self, at: int) -> dict[str, Any]:
        held, size, price = self.fills[at]
        return {
            "coin": "@107",
            "px": str(price),
            "sz": str(size),
            "side": "B" if held.side == "buy" else "A",
            "time": now_ms(),
            "dir": "Buy",
            "oid": int(held.number),
            "tid": 900 + at,
            "fee": "0.1",
            "feeToken": "USDC",
            "crossed": True,
        }
