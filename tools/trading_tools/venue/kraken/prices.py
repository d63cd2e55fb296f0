"""Prices as clients send them: as they are, or by how much they are off the last trade's."""

from __future__ import annotations

from trading_tools.venue.core.instruments import ATOMS
from trading_tools.venue.kraken.call import Call
from trading_tools.venue.kraken.errors import KrakenError
from trading_tools.venue.kraken.listing import Pair
from trading_tools.venue.kraken.params import read_amount


def price(call: Call, pair: Pair, name: str, above: bool = True) -> int:
    """The price of a parameter in the core's units.

    "+5" and "-5" are off the last price, "+5%" by a share of it; with "#" it is `above` that says
    to which side. What is relative is rounded down to the pair's tick.

    Raises:
        KrakenError: it is no price, or finer than the pair's.
    """
    text = call.params.text(name)
    if text[0] in "+-#":
        return _relative(call, pair, name, text[1:], above if text[0] == "#" else text[0] == "+")
    units, rest = divmod(read_amount(text, name), pair.instrument.tick_atoms)
    if rest or len(text.partition(".")[2].rstrip("0")) > pair.pair_decimals:
        raise KrakenError(
            f"EOrder:Invalid price:{pair.altname} price can only be specified up to "
            f"{pair.pair_decimals} decimals."
        )
    if units % pair.tick_units:
        raise KrakenError("EOrder:Tick size check failed")
    return units


def _relative(call: Call, pair: Pair, name: str, text: str, above: bool) -> int:
    last = call.venue.exchange.books[pair.symbol].last_price
    amount = read_amount(text.removesuffix("%"), name)
    share = text.endswith("%")
    off = last * amount // (100 * ATOMS) if share else amount // pair.instrument.tick_atoms
    return (last + off if above else last - off) // pair.tick_units * pair.tick_units
