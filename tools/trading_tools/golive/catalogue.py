"""The questions of the gate that this version does not answer yet. They block like any other.

A question leaves this list when a module of `checks` takes it over.
"""

from __future__ import annotations

from trading_tools.golive.check import Case, Check
from trading_tools.golive.verdict import Finding, no_evidence

_OPEN = {
    "G01": ("API key cannot withdraw", "SEC rule 15c3-5(c)(2)(iii) restricted access"),
    "G02": ("API key is bound to addresses and does not expire soon", "requirement document 001"),
    "G04": ("API key is for the intended account", "requirement document 001, rule 8"),
    "G05": ("Clock is within the venue's window", "RTS 25 clock synchronisation"),
    "G06": ("Markets are open and allow the order types", "venues' market rules"),
    "G07": ("Prices and sizes are rounded to the venue's steps", "venues' filters"),
    "G08": ("Smallest entry and exit are above the minimum", "freqtrade issue 8229"),
    "G10": ("Price collars and slippage bounds", "RTS 6 art. 15(1)(a)"),
    "G11": ("Message and repeated-execution throttles", "RTS 6 art. 15(1)(d) and 15(3)"),
    "G29": ("No self-trades, fat fingers, restricted symbols", "RTS 6 art. 13"),
    "G30": ("Fees and funding are in the profit", "requirement document 001"),
    "G32": ("Alerts arrive", "RTS 6 art. 16"),
}


def _unanswered(case: Case) -> Finding:
    del case
    return no_evidence("this version of the gate does not check it", "check it by hand")


UNANSWERED = tuple(Check(id, title, basis, _unanswered) for id, (title, basis) in _OPEN.items())
