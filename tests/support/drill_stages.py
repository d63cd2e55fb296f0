"""Stages for tests: what a spec's `stage` may name."""

from __future__ import annotations

from trading_tools.drill.inside.stage import BotControl, Clock, Stage, calm
from trading_tools.drill.spec import DrillSpec
from trading_tools.venue.wire.interference import Cut, Interference, Request
from trading_tools.venue.wire.messages import Operation, Reply


class _EndsAtOrder(Interference):
    """The venue does not answer orders, and the bot is asked to end at the first."""

    def __init__(self, bot: BotControl) -> None:
        self._bot = bot

    async def before(self, request: Request) -> Reply | Cut | None:
        """Cut the connection of an order."""
        if request.seen.operation is not Operation.PLACE:
            return None
        self._bot.terminate("an order came")
        return Cut()


def ends_at_order(spec: DrillSpec, clock: Clock, bot: BotControl) -> Stage:
    """The calm stage, with connections cut when an order comes."""
    return Stage(calm(spec, clock, bot).venues, _EndsAtOrder(bot))
