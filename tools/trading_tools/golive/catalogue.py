"""The questions of the gate that this version does not answer yet. They block like any other.

A question leaves this list when a module of `checks` takes it over.
"""

from __future__ import annotations

from trading_tools.golive.check import Case, Check
from trading_tools.golive.verdict import Finding, no_evidence

_OPEN = {
    "G13": ("No order passes the gateway by", "SEC rule 15c3-5(b) and (d)"),
    "G15": ("Backtest agrees with paper", "Lean's live reconciliation"),
    "G16": ("No lookahead in signals", "truncation test"),
    "G17": ("Signals do not depend on the warm-up", "recursive test"),
    "G23": ("Circuit breaker", "requirement document 001"),
}


def _unanswered(case: Case) -> Finding:
    del case
    return no_evidence("this version of the gate does not check it", "check it by hand")


UNANSWERED = tuple(Check(id, title, basis, _unanswered) for id, (title, basis) in _OPEN.items())
