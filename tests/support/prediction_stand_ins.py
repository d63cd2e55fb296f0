"""Stand-ins for Kalshi and Manifold over HTTP, shaped as ccxt and the published API tell."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.support.stand_ins import Asked, Held, StandIn, now, now_ms

TICKER = "KXRAIN-26DEC24-T1"
CONTRACT = "c0ntract"
USER = "u5er"


class Kalshi(StandIn):
    """One market under the path of Kalshi's trading API; lists in pages of two.

    `old` is what it has moved to the lists of history, by order number. Directions are told as on
    Kalshi's page "Order direction"; `legacy` tells them by the older pair alone, in which somebody
    who holds no YES and sells it buys NO.
    """

    page = 2

    def __init__(self, ask: str) -> None:
        super().__init__(ask)
        self.old: set[str] = set()
        self.legacy = False
        self.strange: dict[str, dict[str, str]] = {}
        """What an order's row says otherwise, by its number."""
        self.market: dict[str, Any] = {
            "ticker": TICKER,
            "event_ticker": "KXRAIN-26DEC24",
            "title": "Will it rain on 24 December?",
            "status": "active",
            "result": "",
            "close_time": "2026-12-24T20:00:00Z",
            "expiration_time": "2026-12-31T00:00:00Z",
            "price_level_structure": "tapered_deci_cent",
            "price_ranges": [
                {"start": "0.0000", "end": "0.1000", "step": "0.0010"},
                {"start": "0.1000", "end": "0.9000", "step": "0.0100"},
                {"start": "0.9000", "end": "1.0000", "step": "0.0010"},
            ],
        }

    def places(self, asked: Asked) -> bool:
        return asked[0] == "POST" and asked[1].endswith("/portfolio/events/orders")

    def answer(self, asked: Asked) -> tuple[int, Any]:
        method, path, query, body = asked
        if self.places(asked):
            if self.refuse is not None:
                return self.refuse
            side = "buy" if body["side"] == "bid" else "sell"
            held = self.place(body["client_order_id"], side, body["count"], body["price"])
            left = held.size - held.filled
            return 201, {
                "order_id": held.number,
                "fill_count": str(held.filled),
                "remaining_count": str(left),
            }
        if method == "DELETE":
            held_or_none = self.numbered(path.rpartition("/")[2])
            if held_or_none is None or held_or_none.status != "open":
                return 404, {"error": {"code": "not_found"}}
            held_or_none.status = "canceled"
            return 200, {"reduced_by": str(held_or_none.size)}
        if path.endswith(("/portfolio/orders", "/historical/orders")):
            open_only = query.get("status") == "resting"
            old = path.endswith("/historical/orders")
            listed = [each for each in self.orders if (each.number in self.old) is old]
            rows = [self._order(h) for h in listed if h.status == "open" or not open_only]
            return 200, self._paged("orders", rows, query)
        if path.endswith(("/portfolio/fills", "/historical/fills")):
            old = path.endswith("/historical/fills")
            fills = [at for at, (h, *_) in enumerate(self.fills) if (h.number in self.old) is old]
            return 200, self._paged("fills", [self._fill(at) for at in fills], query)
        if path.endswith("/exchange/status"):
            return 200, {"exchange_active": True, "trading_active": True}
        return 200, {"market": self.market}

    def _paged(self, key: str, rows: list[Any], query: dict[str, str]) -> dict[str, Any]:
        start = int(query.get("cursor", "0"))
        end = start + self.page
        return {key: rows[start:end], "cursor": str(end) if end < len(rows) else ""}

    def _order(self, held: Held) -> dict[str, Any]:
        status = {"open": "resting", "filled": "executed", "canceled": "canceled"}[held.status]
        return {
            "order_id": held.number,
            "client_order_id": held.name,
            "ticker": TICKER,
            **self._direction(held.side),
            "status": status,
            "initial_count_fp": str(held.size),
            "fill_count_fp": str(held.filled),
            "yes_price_dollars": str(held.price),
            "created_time": now().isoformat(),
            **self.strange.get(held.number, {}),
        }

    def _direction(self, side: str) -> dict[str, str]:
        if self.legacy:
            return {"action": "buy", "side": "yes" if side == "buy" else "no"}
        book, outcome = ("bid", "yes") if side == "buy" else ("ask", "no")
        return {"book_side": book, "outcome_side": outcome}

    def _fill(self, at: int) -> dict[str, Any]:
        held, size, price = self.fills[at]
        return {
            "fill_id": f"f{at}",
            "order_id": held.number,
            "ticker": TICKER,
            **self._direction(held.side),
            "count_fp": str(size),
            "yes_price_dollars": str(price),
            "created_time": now().isoformat(),
            "is_taker": True,
            **self.strange.get(held.number, {}),
        }


class Manifold(StandIn):
    """One binary market and one user; a bet that meets the ask fills at it."""

    def __init__(self, ask: str) -> None:
        super().__init__(ask)
        self.bets: list[dict[str, Any]] = []
        self.market: dict[str, Any] = {
            "id": CONTRACT,
            "question": "Will it rain on 24 December?",
            "outcomeType": "BINARY",
            "mechanism": "cpmm-1",
            "token": "MANA",
            "closeTime": now_ms() + 86_400_000,
            "isResolved": False,
        }

    def places(self, asked: Asked) -> bool:
        return asked[:2] == ("POST", "/bet")

    def answer(self, asked: Asked) -> tuple[int, Any]:
        _, path, query, body = asked
        if self.places(asked):
            return self.refuse or (200, self._bet(body))
        if path.startswith("/bet/cancel/"):
            number = path.rpartition("/")[2]
            bet = next(each for each in self.bets if each["id"] == number)
            if bet["isCancelled"] or bet["isFilled"]:
                return 403, {"message": "Bet already cancelled."}
            bet["isCancelled"] = True
            return 200, bet
        if path == "/bets":
            newest = self.bets[::-1]
            if query.get("kinds") == "open-limit":
                newest = [b for b in newest if not b["isFilled"] and not b["isCancelled"]]
            ids = [bet["id"] for bet in newest]
            start = ids.index(query["before"]) + 1 if "before" in query else 0
            return 200, newest[start : start + int(query["limit"])]
        if path.startswith("/user/"):
            return 200, {"id": USER}
        return 200, self.market

    def fill(self, bet: dict[str, Any], amount: str, shares: str) -> None:
        """Part of a bet is matched."""
        bet["fills"].append(
            {
                "matchedBetId": None,
                "amount": float(amount),
                "shares": float(shares),
                "timestamp": now_ms(),
            }
        )
        bet["amount"] += float(amount)
        bet["shares"] += float(shares)
        bet["isFilled"] = bet["amount"] >= bet["orderAmount"]

    def _bet(self, body: dict[str, Any]) -> dict[str, Any]:
        bet: dict[str, Any] = {
            "id": f"b{len(self.bets) + 1}",
            "userId": USER,
            "contractId": body["contractId"],
            "createdTime": now_ms(),
            "outcome": body["outcome"],
            "orderAmount": body["amount"],
            "limitProb": body["limitProb"],
            "expiresAt": body["expiresAt"],
            "amount": 0.0,
            "shares": 0.0,
            "isFilled": False,
            "isCancelled": False,
            "fills": [],
        }
        self.bets.append(bet)
        if body["outcome"] == "YES" and Decimal(str(body["limitProb"])) >= self.ask:
            stake = Decimal(str(body["amount"]))
            self.fill(bet, str(stake), str(stake / self.ask))
        return {**bet, "betId": bet["id"]}
