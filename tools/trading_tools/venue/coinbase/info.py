"""Times, currencies and exchange rates, of both APIs."""

from __future__ import annotations

from typing import Any

from trading_tools.venue.coinbase.call import Call
from trading_tools.venue.coinbase.errors import listed_error
from trading_tools.venue.coinbase.listing import FIAT, NAMES
from trading_tools.venue.coinbase.place import CoinbasePlace
from trading_tools.venue.coinbase.products import best_prices
from trading_tools.venue.coinbase.texts import plain, price_text, time_text
from trading_tools.venue.coinbase.wallets import currency_form
from trading_tools.venue.core.instruments import ATOMS, Instrument


def time(call: Call) -> dict[str, str]:
    """The venue's clock."""
    return {
        "iso": time_text(call.at)[:19] + "Z",
        "epochSeconds": str(call.at // 1_000),
        "epochMillis": str(call.at),
    }


def older_time(call: Call) -> dict[str, Any]:
    """The venue's clock as the v2 API tells it."""
    return {"data": {"iso": time_text(call.at)[:19] + "Z", "epoch": call.at // 1_000}}


def currencies(call: Call) -> dict[str, Any]:
    """Money of states."""
    rows = [{"id": each, "name": NAMES[each], "min_size": "0.01"} for each in sorted(FIAT)]
    del call
    return {"data": rows}


def crypto_currencies(call: Call) -> dict[str, Any]:
    """Coins."""
    coins = [asset for asset in call.place.assets if asset not in FIAT]
    return {"data": [currency_form(call.place, asset) for asset in coins]}


def exchange_rates(call: Call) -> dict[str, Any]:
    """What one unit of `currency` is worth in each asset.

    Raises:
        CoinbaseError: 400, no such currency.
    """
    currency, place = call.params.text("currency", "USD"), call.place
    if currency not in place.assets:
        raise listed_error(400, "invalid_request", f"Invalid currency ({currency[:20]})")
    dollars = _price(place, currency)
    rates = {asset: plain(dollars * ATOMS // _price(place, asset)) for asset in place.assets}
    return {"data": {"currency": currency, "rates": rates}}


def spot_price(call: Call) -> dict[str, Any]:
    """The last price of a product."""
    each = _listed(call)
    return _told(each, price_text(each, call.place.exchange.books[each.symbol].last_price))


def buy_price(call: Call) -> dict[str, Any]:
    """What a product can be bought for."""
    each = _listed(call)
    return _told(each, best_prices(call.place, each)["best_ask"])


def sell_price(call: Call) -> dict[str, Any]:
    """What a product can be sold for."""
    each = _listed(call)
    return _told(each, best_prices(call.place, each)["best_bid"])


def _listed(call: Call) -> Instrument:
    found = call.place.instruments.get(call.argument)
    if found is None:
        raise listed_error(404, "not_found", "Invalid base currency")
    return found


def _told(each: Instrument, amount: str) -> dict[str, Any]:
    return {"data": {"amount": amount, "base": each.base, "currency": each.quote}}


def _price(place: CoinbasePlace, asset: str) -> int:
    """Dollars for one unit of an asset, in atoms."""
    if asset in {"USD", "USDC"}:
        return ATOMS
    symbol = f"{asset}-USD"
    return place.exchange.books[symbol].last_price * place.instruments[symbol].tick_atoms
