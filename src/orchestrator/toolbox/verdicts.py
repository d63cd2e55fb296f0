"""What a tool's `reconcile` answers about an attempt whose outcome was not recorded.

A verdict other than `Unknown` needs positive proof: "I found nothing" alone is `Unknown`, because
a request that is still on its way is not found either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Done:
    """The attempt came to its end. `text` and `data` are what the call would have returned.

    `is_error`: it ended without the effect that was wanted, for good (a venue's rejection).
    """

    text: str
    data: Any = None
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class NotDone:
    """The attempt certainly had no effect, now or later.

    `proof` is a rejection code, or that the request's validity window has passed *and* a query
    says absent.
    """

    proof: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither can be shown; a person has to find out. `why` says what was tried."""

    why: str


Verdict = Done | NotDone | Unknown
