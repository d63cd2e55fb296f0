"""An account's stream that says nothing while orders rest may be dead: then the venue is asked.

One that still answers pings breaks by nothing else. What it did not tell, it owes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, NoReturn

from trading_tools.exchange.desk.feeds import AccountFeed
from trading_tools.exchange.orders.port import Unanswered
from trading_tools.exchange.orders.records import Records

_QUIET_S: Final = 20.0
"""How long it may say nothing while an order rests, until the venue is asked."""

log = logging.getLogger(__name__)


async def doubting(
    account: AccountFeed, records: Records, compare: Callable[[], Awaitable[None]]
) -> NoReturn:
    """Compare ledger and account after each silence, for good."""
    while True:
        heard = account.heard
        await asyncio.sleep(_QUIET_S)
        resting = records.not_ended()
        if account.heard != heard or not resting:
            continue
        filled = [order.filled_size_base for order in resting]
        try:
            await compare()
        except Unanswered as why:
            log.warning("orders rest, the account's stream is silent, and the venue: %s", why)
        news = [order.filled_size_base for order in resting] != filled
        if news or any(order.ended for order in resting):
            account.owe(heard)
