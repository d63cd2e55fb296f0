"""The order desk: every intent becomes at most one order, and its end is always found out."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import ccxt

from journal import MARK, Intent, Journal, State
from link import Link, brief
from venues import Profile, refused, with_id

_VISIBLE_S = 2.5
"""How long after its validity an accepted order may still be hidden from queries."""
_ENDS = ("closed", "canceled", "cancelled", "expired", "rejected")
_DAY_MS = 86_400_000

log = logging.getLogger("careful")


class Desk:
    """Places, follows and cancels the orders of one symbol."""

    def __init__(self, link: Link, profile: Profile, journal: Journal) -> None:
        self._link = link
        self._profile = profile
        self._journal = journal

    async def place(self, intent: Intent) -> Intent:
        """Send an order once; what is not surely refused is looked into, never sent again.

        An answer without an id is no answer: ccxt returns one for 200 with an empty body.
        """
        params = {self._profile.id_name: intent.client_id}
        if intent.side == "buy":
            params["postOnly"] = True
        elif self._link.client.market(self._profile.symbol)["contract"]:
            params["reduceOnly"] = True  # the venue may have closed some of it meanwhile
        try:
            told = await self._link.call(
                "create_order",
                self._profile.symbol,
                "limit",
                intent.side,
                float(intent.amount),
                float(intent.price),
                params,
            )
        except ccxt.BaseError as error:
            if refused(error):
                log.info("refused: %s", brief(error))
                self._journal.note(intent, state=State.NOTHING)
                raise
            log.warning("what became of %s is not known: %s", intent.client_id, brief(error))
            return await self.find(intent)
        if not told.get("id"):
            log.warning("what became of %s is not known: empty answer", intent.client_id)
            return await self.find(intent)
        return self._journal.note(intent, state=State.OPEN, order_id=told["id"])

    async def find(self, intent: Intent) -> Intent:
        """Look for an order by our own id until it is there, or surely never will be.

        "Not found" proves something only after the request's validity is over, and the time
        in which venues may still hide an order that they have.
        """
        while True:
            certain_at = intent.sent_at + self._profile.valid_s + _VISIBLE_S
            late = time.time() > certain_at
            try:
                found = await self._look(intent.client_id)
            except ccxt.BaseError as error:
                log.warning("looking for %s: %s", intent.client_id, brief(error))
            else:
                if found is not None:
                    return self._told(intent, found)
                if late:
                    log.info("%s was never taken", intent.client_id)
                    return self._journal.note(intent, state=State.NOTHING)
            await asyncio.sleep(self._profile.look_every_s)

    async def finish(self, intent: Intent) -> Intent:
        """Cancel what is left of an order, and learn how it ended. It ends when that is known."""
        while not intent.settled:
            try:
                if intent.state is State.MEANT:
                    intent = await self.find(intent)
                    continue
                await self._cancel(intent)
                intent = await self._refresh(intent)
            except ccxt.BaseError as error:
                log.info("ending %s: %s", intent.client_id, brief(error))
                await asyncio.sleep(self._profile.look_every_s)
        return intent

    async def reconcile(self) -> None:
        """At the start: settle what an earlier life left, at the venue and in the journal."""
        for order in await self._recent():
            client_id = order.get("clientOrderId") or ""
            if client_id.startswith(MARK) and not self._journal.knows(client_id):
                log.warning("adopting order %s, which the journal has lost", order["id"])
                amount, price = str(order["amount"]), str(order["price"])
                self._journal.adopt(client_id, order["side"], amount, price)
        await self.finish_all()

    async def finish_all(self) -> None:
        """Let no intent stay open."""
        for intent in self._journal.unsettled():
            log.info("settling %s", intent.client_id)
            await self.finish(intent)

    async def _cancel(self, intent: Intent) -> None:
        """Ask for the end of an order; a refusal says that it has ended, or the next look will."""
        try:
            await self._link.call("cancel_order", intent.order_id, self._profile.symbol)
        except (ccxt.InvalidOrder, ccxt.BadRequest) as error:
            log.info("not cancelled: %s", brief(error))

    async def _refresh(self, intent: Intent) -> Intent:
        """The state of an order that the venue has."""
        told = await self._link.call(
            "fetch_order", intent.order_id, self._profile.symbol, self._profile.query
        )
        return self._told(intent, told)

    async def _look(self, client_id: str) -> dict[str, Any] | None:
        symbol = self._profile.symbol
        for name, param in self._profile.find:
            params = {param: client_id} if param else {}
            if name == "fetch_order":
                try:
                    return dict(await self._link.call(name, None, symbol, params))
                except ccxt.OrderNotFound:
                    continue
            found = with_id(await self._link.call(name, symbol, params=params), client_id)
            if found is not None:
                return found
        return None

    async def _recent(self) -> list[dict[str, Any]]:
        """Orders of the last day, all pages of them."""
        client, symbol = self._link.client, self._profile.symbol
        names = ["fetch_orders"] if client.has["fetchOrders"] is True else [
            "fetch_open_orders", "fetch_closed_orders"
        ]  # fmt: skip
        orders: dict[str, dict[str, Any]] = {}
        for name in names:
            since = client.milliseconds() - _DAY_MS
            while True:
                page = await self._link.call(name, symbol, since, self._profile.page)
                new = [each for each in page if each["id"] not in orders]
                orders.update({each["id"]: each for each in new})
                if not new or len(page) < self._profile.page:
                    break
                since = max(each["timestamp"] for each in page)
        return list(orders.values())

    def _told(self, intent: Intent, order: dict[str, Any]) -> Intent:
        """What the venue says of an order goes into the journal; fills only ever grow."""
        ended = order.get("status") in _ENDS
        return self._journal.note(
            intent,
            state=State.DONE if ended else State.OPEN,
            order_id=order["id"],
            filled=max(str(order.get("filled") or 0), intent.filled, key=float),
        )
