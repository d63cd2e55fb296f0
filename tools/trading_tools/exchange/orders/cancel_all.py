"""Cancel every open order of an account, from outside the strategy that sent them.

Regulation (EU) 2017/589 (RTS 6), article 12, asks of a kill functionality that it cancels at once
any or all unexecuted orders, at any or all venues. It needs no ledger and no strategy, so
that it works while these hang; the kill switch is thrown first, and lets nothing new out.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from trading_tools.exchange.orders.judging import Judged
from trading_tools.exchange.orders.port import PartlyRead, Unanswered, VenueOrder

_PAUSE_S: Final = 0.5
_AT_ONCE: Final = 8


class Canceller(Protocol):
    """One account of one venue, as `ccxt_port.CcxtOrders` is."""

    @property
    def name(self) -> str:
        """The venue's id."""

    @property
    def validity_s(self) -> float:
        """Seconds within which an order that is on its way may still arrive."""

    async def everything(self) -> Sequence[VenueOrder]:
        """All open orders of the account, of every kind in every market.

        Raises:
            PartlyRead: some of them cannot be read.
            Unanswered: the venue did not say.
        """

    async def end(self, order: VenueOrder) -> Judged:
        """Ask for the end of an order that `everything` showed, once."""


@dataclass(frozen=True)
class Swept:
    """What became of the open orders of one account.

    `ended` are the numbers of those that the venue showed and shows no more, `left` of those that
    it still showed when time was over. `why` says why nothing is sure, or is None.
    """

    venue: str
    ended: tuple[str, ...]
    left: tuple[str, ...]
    why: str | None = None

    @property
    def clean(self) -> bool:
        """Whether the venue showed no open order after all that were sent had arrived."""
        return not self.left and self.why is None


async def cancel_all(
    venue: Canceller,
    within_s: float = 60.0,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Swept:
    """Cancel and look again, until the venue shows no open order or `within_s` is over.

    An order that was on its way when this began may arrive until the venue's validity window has
    passed: only a look after that is the last one.
    """
    began = clock()
    seen: dict[str, None] = {}
    shown: Sequence[VenueOrder] = ()
    limited = asyncio.Semaphore(_AT_ONCE)

    async def cancel(order: VenueOrder) -> None:
        async with limited:
            await venue.end(order)

    while True:
        why: str | None = None
        looked = clock()
        try:
            shown = await venue.everything()
        except PartlyRead as error:
            # What can be read is ended all the same.
            shown, why = error.rows, str(error)
        except Unanswered as error:
            why = str(error)
        if not shown and why is None and looked - began > venue.validity_s:
            break
        seen |= dict.fromkeys(order.venue_order_id for order in shown)
        # What came of it the next look says, whatever the reply was.
        await asyncio.gather(*map(cancel, shown))
        if clock() - began >= within_s:
            if not shown and why is None:
                why = f"an order that was on its way may arrive for {venue.validity_s:g} s"
            break
        await sleep(_PAUSE_S)
    left = tuple(order.venue_order_id for order in shown)
    return Swept(venue.name, tuple(number for number in seen if number not in left), left, why)
