"""What went wrong at an account, in words that its owner can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from orchestrator.catalogue.acting.desk import KILL_SWITCH, Account
from orchestrator.catalogue.acting.places import credential_names
from orchestrator.toolbox.tool import ToolError, Unavailable
from trading_tools.exchange.orders.beside import Beside
from trading_tools.exchange.orders.guard import Refused
from trading_tools.exchange.orders.manager import AnotherManager, OtherIntent
from trading_tools.exchange.orders.port import Unanswered

_KEYS: Final = {
    "max-order": "max_order_quote",
    "max-position": "max_exposure_quote",
    "max-exposure": "max_exposure_quote",
    "daily-orders": "max_orders_a_day",
    "price-collar": "price_collar_percent",
}
"""Which of the user's own limits a rule of the guard holds."""


@contextmanager
def explained(account: Account) -> Iterator[None]:
    """Turn what the order kit raises into a `ToolError` that says what to do."""
    try:
        yield
    except Refused as refusal:
        raise ToolError(_refused(account, refusal)) from None
    except (AnotherManager, OtherIntent) as error:
        raise ToolError(str(error)) from None
    except Unanswered as error:
        raise _unanswered(account, error) from None


def _refused(account: Account, refusal: Refused) -> str:
    text = f"the guard refuses this order, and nothing was sent: {refusal}"
    if refusal.rule == "kill-switch":
        return f"{text}. Only a person releases it, by removing {KILL_SWITCH} in the user's folder"
    if key := _KEYS.get(refusal.rule):
        value = getattr(account.settings, key)
        others = any(each != Beside() for each in account.stock.beside.values())
        held = "; it is the whole account's, with what others hold and have open there"
        whole = held if key == "max_exposure_quote" and others else ""
        return f"{text}. The user's own limit is orders.{key} = {value}{whole}"
    return text


def _unanswered(account: Account, error: Unanswered) -> ToolError:
    import ccxt

    where, cause = f"{account.venue} ({account.place})", error.__cause__
    if isinstance(cause, ccxt.AuthenticationError | ccxt.PermissionDenied):
        names = " and ".join(credential_names(account.place, account.venue))
        said = " ".join(str(cause).split())[:160]
        return ToolError(f"{where} refuses the key in {names}: {said}")
    if isinstance(cause, ccxt.DDoSProtection):
        return Unavailable(f"{where} asks to slow down: try again in a minute")
    if isinstance(cause, ccxt.NetworkError):
        return Unavailable(f"{where} cannot be reached or is out of order now: {error}")
    return Unavailable(f"{where}: {error}")
