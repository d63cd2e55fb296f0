"""Errors as a line for records and messages."""

from trading_tools.exchange.errors import one_line


def test_a_signed_address_is_told_without_its_query() -> None:
    error = ConnectionError(
        "binance GET https://api.binance.com/api/v3/order?x=1&signature=ab12\nno"
    )
    told = one_line(error)
    assert told == "ConnectionError: binance GET https://api.binance.com/api/v3/order no"
