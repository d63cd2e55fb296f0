"""What a thrown kill switch does at a desk: all that is open is cancelled, whatever else goes on.

That no order goes out meanwhile is the guard's to see to.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, NoReturn

from trading_tools.exchange.orders.kill_switch import KillSwitch
from trading_tools.exchange.orders.manager import OrderManager

_LOOK_S: Final = 0.1
_AGAIN_S: Final = 1.0
_RARELY_S: Final = 8.0

log = logging.getLogger(__name__)


async def killing(
    switch: KillSwitch, manager: OrderManager, unwanted: set[str], compared: Callable[[], bool]
) -> NoReturn:
    """Look at the switch for good; what is not proven to have ended goes into `unwanted`."""
    while True:
        if (thrown := switch.thrown) is not None:
            log.warning("the kill switch is thrown: %s", thrown)
            if not compared():
                log.error("ledger and account are not compared: others of its orders may be open")
            await _cancel_all(switch, manager, unwanted, f"the kill switch is thrown: {thrown}")
            log.warning("the kill switch is released: orders may go out again")
        await asyncio.sleep(_LOOK_S)


async def _cancel_all(
    switch: KillSwitch, manager: OrderManager, unwanted: set[str], reason: str
) -> None:
    """Go on cancelling what is open until the switch is no longer thrown."""
    pause = _AGAIN_S
    while switch.thrown is not None:
        unproven = await manager.cancel_open(reason)
        unwanted.update(unproven)
        if unproven:
            log.error("cancelled, and not proven to have ended: %s", ", ".join(unproven))
        await asyncio.sleep(pause if unproven else _LOOK_S)
        pause = min(2 * pause, _RARELY_S)
