"""The two tests. Pure: a function of candles in, the smallest difference in words out.

*Truncation*: what a function says of a candle may not change when later candles are taken away.
freqtrade's lookahead analysis does the same with its strategies.
*Warm-up*: what it says of the last candle may not hang on how long ago its history begins.
Lengths are those of freqtrade's recursive analysis.
"""

from __future__ import annotations

import numpy as np

from trading_tools.golive.signals.inside.function import Refused, Rows, SignalFunction

LENGTHS = (199, 399, 499, 999, 1999)
"""Candles that the function is given before and with the one it is asked about."""

_CUTS = 120
_ENDS = 20
_ROUNDING = 1e-9
"""Sums of floats differ so much by the order in which they were made."""

Found = tuple[str | None, int]
"""The difference in words, and how many shorter histories were tried."""


def truncation(function: SignalFunction, given_live: int | None, tolerance: float) -> Found:
    """Compare what is said of the past with and without the future.

    The shortest histories come first, so that nothing kept from a longer one can help.
    """
    del tolerance
    count, first = len(function), given_live or LENGTHS[0]
    if count < 2 * first:
        raise Refused(f"{count} candles are too few", f"give {2 * first} or more")
    cuts = np.unique(np.linspace(first, count - 1, _CUTS).astype(int)).tolist()
    short = {cut: function.over(0, cut) for cut in cuts}
    whole = function.over(0, count)
    _refuse_what_says_nothing(whole)
    _refuse_chance(function, whole)
    for number, cut in enumerate(cuts):
        if _differs(function, short[cut], whole, cut) is not None:
            before = cuts[number - 1] + 1 if number else first
            return _smallest(function, whole, before, cut), len(cuts)
    return None, len(cuts)


def warm_up(function: SignalFunction, given_live: int | None, tolerance: float) -> Found:
    """Compare what is said of a candle after histories of several lengths."""
    lengths = [length for length in LENGTHS if length >= (given_live or 0)]
    if given_live is not None:
        lengths = sorted({given_live, *lengths})
    longest = max(LENGTHS[-1], 2 * lengths[-1] if lengths == [given_live] else 0)
    count = len(function)
    if count < longest + 100:
        raise Refused(f"{count} candles are too few", f"give {longest + 100} or more")
    tried = 0
    ends = np.unique(np.linspace(longest, count, _ENDS).astype(int)).tolist()
    said = []
    for end in ends:
        full = {name: values[-1] for name, values in function.over(0, end).items()}
        said += list(full.values())
        for length in lengths:
            tried += 1
            part = function.over(end - length, end)
            for name, wanted in full.items():
                came = part[name][-1] if name in part else np.nan
                if not _same(came, wanted, tolerance):
                    return (
                        f"{_named(name)}at {function.time(end - 1)} is {_shown(wanted)} after "
                        f"{end} candles and {_shown(came)} after {length}"
                    ), tried
    if np.isnan(said).all():
        raise Refused("it says nothing of any candle", "ask it with candles that make it act")
    return None, tried


def _smallest(function: SignalFunction, whole: dict[str, Rows], first: int, last: int) -> str:
    """The fewest candles after which it says something else, and what."""
    for cut in range(first, last + 1):
        found = _differs(function, function.over(0, cut), whole, cut)
        if found is not None:
            return found
    raise Refused(
        "it says different things of the same candles", "it may hang on nothing but candles"
    )


def _differs(
    function: SignalFunction, part: dict[str, Rows], whole: dict[str, Rows], cut: int
) -> str | None:
    if set(part) != set(whole):
        odd = sorted(set(part) ^ set(whole))[0]
        return f"{odd} is there after {cut if odd in part else len(function)} candles alone"
    for name, values in part.items():
        same = np.isclose(values, whole[name][:cut], _ROUNDING, _ROUNDING, equal_nan=True)
        if not same.all():
            at = int((~same).argmax())
            return (
                f"{_named(name)}at {function.time(at)} (candle {at + 1}) is {_shown(values[at])} "
                f"while {cut} candles are known and {_shown(whole[name][at])} once "
                f"{len(function)} are"
            )
    return None


def _refuse_what_says_nothing(whole: dict[str, Rows]) -> None:
    """A value that never changes cannot be seen to look ahead."""
    for values in whole.values():
        known = values[~np.isnan(values)]
        if len(known) and (known != known[0]).any():
            return
    raise Refused("it says the same of all candles", "ask it with candles that make it act")


def _refuse_chance(function: SignalFunction, whole: dict[str, Rows]) -> None:
    again = function.over(0, len(function))
    if _differs(function, again, whole, len(function)) is not None:
        raise Refused(
            "it says different things of the same candles", "it may hang on nothing but candles"
        )


def _same(one: float, other: float, tolerance: float) -> bool:
    return bool(np.isclose(one, other, tolerance, _ROUNDING, equal_nan=True))


def _named(name: str) -> str:
    return f"{name} " if name else "the value "


def _shown(value: float) -> str:
    return "nothing" if np.isnan(value) else f"{value:.8g}"
