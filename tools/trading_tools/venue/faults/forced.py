"""The fault of a position that the venue closes by force."""

from __future__ import annotations

import random
from dataclasses import dataclass

from trading_tools.venue.core.accounts import Account
from trading_tools.venue.core.exchange import Exchange
from trading_tools.venue.core.positions import Position
from trading_tools.venue.faults.fault import Fault, Player
from trading_tools.venue.wire.interference import Request


@dataclass(frozen=True)
class Deleveraged(Fault):
    """The first position of the account is closed at the mark price, by no order of its own.

    It is seen at the bot's next request. On venues without contracts it never happens.
    """

    def player(self, dice: random.Random) -> Player:
        """Waits for a position, and takes it away."""
        return _Closer(self.name, "a request while the account holds a position")


@dataclass(frozen=True)
class Liquidated(Fault):
    """The first position of the account is liquidated, its orders in that market before it.

    As if its margin had run out, at what the book gives. It is seen at the bot's next request. On
    venues without contracts it never happens.
    """

    def player(self, dice: random.Random) -> Player:
        """Waits for a position, and takes it away."""
        return _Liquidator(self.name, "a request while the account holds a position")


class _Closer(Player):
    def asked(self, request: Request) -> None:
        place = request.venue.place
        account = place.account
        for position in account.every_position():
            if position.size:
                self.close(place.exchange, account, position, request.at)
                what = f"the position in {position.symbol} is closed by the venue"
                self.delivered(place, what, request.number)
                return self.end(place, "the position is closed")
        return None

    def close(self, exchange: Exchange, account: Account, position: Position, at: int) -> None:
        """Take the position away."""
        exchange.deleverage(account, position.symbol, at, side=position.side)


class _Liquidator(_Closer):
    def close(self, exchange: Exchange, account: Account, position: Position, at: int) -> None:
        """Take the position away."""
        exchange.liquidate(account, position.symbol, at)
