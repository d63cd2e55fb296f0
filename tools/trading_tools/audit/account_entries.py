"""Entries of the trade audit that are of the account and of no order. ``trade`` writes them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PositionChange:
    """The account's position changed by no order of this audit; ``change_base`` is signed.

    ``name`` says which change: the venue's order and trade of a liquidation, or what its owner
    called it. The same name again is the same change. Where the order turns out to be one of this
    audit, as that of a stop whose price had come, the change counts no more: its fills do.
    """

    symbol: str
    name: str
    at: datetime
    change_base: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """All fills of a market up to ``at`` were compared with the venue's."""

    symbol: str
    at: datetime
