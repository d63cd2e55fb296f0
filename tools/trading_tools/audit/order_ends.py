"""Entries of the trade audit of orders that are about to be ended. ``trade`` writes them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CancelIntent:
    """A cancel about to be sent, and why."""

    client_order_id: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ReplaceIntent:
    """An order about to be ended so that ``successor`` goes in its place: no other may."""

    client_order_id: str
    successor: str
    at: datetime
    reason: str
