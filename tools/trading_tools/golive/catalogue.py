"""The questions of the gate that this version does not answer yet. They block like any other.

A question leaves this list when a module of `checks` takes it over.
"""

from __future__ import annotations

from trading_tools.golive.check import Case, Check
from trading_tools.golive.verdict import Finding, no_evidence

_OPEN = {
    "G10": ("Price collars and slippage bounds", "RTS 6 art. 15(1)(a)"),
    "G11": ("Message and repeated-execution throttles", "RTS 6 art. 15(1)(d) and 15(3)"),
    "G13": ("No order passes the gateway by", "SEC rule 15c3-5(b) and (d)"),
    "G15": ("Backtest agrees with paper", "Lean's live reconciliation"),
    "G16": ("No lookahead in signals", "truncation test"),
    "G17": ("Signals do not depend on the warm-up", "recursive test"),
    "G23": ("Circuit breaker", "requirement document 001"),
    "G29": ("No self-trades, fat fingers, restricted symbols", "RTS 6 art. 13"),
    "G30": ("Fees and funding are in the profit", "requirement document 001"),
    "G32": ("Alerts arrive", "RTS 6 art. 16"),
}


def _unanswered(case: Case) -> Finding:
    del case
    return no_evidence("this version of the gate does not check it", "check it by hand")


UNANSWERED = tuple(Check(id, title, basis, _unanswered) for id, (title, basis) in _OPEN.items())
