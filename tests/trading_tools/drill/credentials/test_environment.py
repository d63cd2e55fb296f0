"""Drill credentials in a bot's environment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_tools.drill.credentials.environment import drill_environment
from trading_tools.drill.credentials.names import Keys
from trading_tools.venue.wire.credentials import Credentials

_PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n"
_KEYS = Keys(
    {
        "binance": Credentials("binance-key", "binance-secret", "drill"),
        "kraken": Credentials("kraken-key", "kraken-secret", "drill"),
        "coinbase": Credentials("organizations/o/apiKeys/k", _PEM, "drill"),
    }
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BINANCE_KEY", "binance-key"),
        ("BINANCE_API_KEY", "binance-key"),
        ("BINANCE_APIKEY", "binance-key"),
        ("BINANCE_SECRET", "binance-secret"),
        ("BINANCE_API_SECRET", "binance-secret"),
        ("BINANCE_SECRET_KEY", "binance-secret"),
        ("KRAKEN_API_KEY", "kraken-key"),
        ("KRAKEN_PRIVATE_KEY", "kraken-secret"),
        ("COINBASE_API_KEY", "organizations/o/apiKeys/k"),
        ("COINBASE_API_KEY_NAME", "organizations/o/apiKeys/k"),
        ("COINBASE_API_SECRET", _PEM),
        ("CDP_API_KEY_PRIVATE_KEY", _PEM),
        ("API_KEY", "binance-key"),
        ("API_SECRET", "binance-secret"),
        ("EXCHANGE_SECRET", "binance-secret"),
    ],
)
def test_a_venues_usual_names_are_set_where_they_were_not(name: str, value: str) -> None:
    made = drill_environment({}, _KEYS)
    assert made.variables[name] == value
    assert made.replaced == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MY_KRAKEN_BOT_API_KEY", "kraken-key"),
        ("krakenApiSecret", "kraken-secret"),
        ("FREQTRADE__EXCHANGE__KEY", "binance-key"),
        ("TRADING_ACCOUNT_2_SECRET", "binance-secret"),
        ("KRAKEN_API_KEY", "kraken-key"),
        ("BINANCE_PASSPHRASE", "drill"),
    ],
)
def test_a_venues_credential_becomes_the_drills_under_whatever_name(name: str, value: str) -> None:
    made = drill_environment({name: "mine"}, _KEYS)
    assert made.variables[name] == value
    assert made.replaced == (name,)


@pytest.mark.parametrize("name", ["OKX_API_KEY", "TELEGRAM_TOKEN", "OPENAI_API_KEY", "DB_PASSWORD"])
def test_another_services_credential_keeps_its_form_and_means_nothing(name: str) -> None:
    made = drill_environment({name: "12345:AbcDef"}, _KEYS)
    assert made.variables[name] == "00000:XxxXxx"
    assert made.replaced == (name,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_TOKENS", "4000"),
        ("PATH", "/usr/bin"),
        ("BINANCE_SYMBOL", "BTC/USDT"),
        ("BINANCE_KEY_FILE", "/etc/key"),
        ("MONKEY", "see no evil"),
    ],
)
def test_what_is_no_credential_stays(name: str, value: str) -> None:
    made = drill_environment({name: value}, _KEYS)
    assert made.variables[name] == value
    assert made.replaced == ()


def test_a_key_of_several_lines_stands_on_one_where_the_old_one_did() -> None:
    old = _PEM.replace("\n", "\\n")
    made = drill_environment({"COINBASE_API_SECRET": old}, _KEYS)
    assert made.variables["COINBASE_API_SECRET"] == old


def test_two_markets_of_one_venue_share_the_name_and_the_first_has_it() -> None:
    spot, contracts = Credentials("spot", "s", "drill"), Credentials("contracts", "c", "drill")
    keys = Keys({"binanceusdm": contracts, "binance": spot})
    made = drill_environment({}, keys).variables
    assert made["BINANCE_API_KEY"] == made["BINANCE_FUTURES_API_KEY"] == "contracts"
    keys = Keys({"binance": spot, "binanceusdm": contracts})
    made = drill_environment({}, keys).variables
    assert (made["BINANCE_API_KEY"], made["BINANCE_FUTURES_API_KEY"]) == ("spot", "contracts")


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=8)))
def test_no_value_that_is_called_replaced_is_left(environ: dict[str, str]) -> None:
    environ = {f"{name}_API_KEY": f"{value}#7Qx" for name, value in environ.items()}
    made = drill_environment(environ, _KEYS)
    assert not set(environ.values()) & set(made.variables.values())
