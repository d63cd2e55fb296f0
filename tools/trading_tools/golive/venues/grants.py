"""What a key may do, read from the venue's own description of it; nothing is tried.

Fields as the venues document them: Binance `GET /sapi/v1/account/apiRestrictions` (and for USD-M
`GET /fapi/v1/accountConfig`), Bybit `GET /v5/user/query-api`, Kraken `GetApiKeyInfo`, Coinbase
`GET …/brokerage/key_permissions`. A field that is missing or of another type is an error that names
it: it is never taken for a no.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

Reply = Mapping[str, Any]
T = TypeVar("T")

_EVERYWHERE: Final = frozenset({"*", "0.0.0.0/0", "::/0"})
_TRADING: Final = ("Spot", "ContractTrade", "Derivatives", "Options")
_OUTWARD: Final = ("Wallet", "FiatP2P", "FiatBybitPay")
_MAY_TRADE: Final = "canTrade"
_BINANCE_MOVES: Final = ("enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer")


class Untold(Exception):
    """The reply does not say what was asked, or says what cannot be."""


@dataclass(frozen=True)
class Desk:
    """How one venue tells what a key may do. All but `ask` take its answer, and raise `Untold`."""

    ask: Callable[[Any], Awaitable[Reply]]
    """Given ccxt's client."""
    shown: tuple[str, ...]
    """The fields that are evidence; the key itself is none of them."""
    movers: Callable[[Reply], list[str]]
    """The rights by which money could leave the account."""
    bound: Callable[[Reply], bool]
    """Whether the key works from named addresses only."""
    ends: Callable[[Reply], datetime | None]
    """When it ends to work; None for never."""
    may_trade: Callable[[Reply, bool], bool]
    """Whether it may send orders; True asks for contracts."""
    account: Callable[[Reply], str]
    """The account's id."""


def _field(reply: Reply, name: str, kind: type[T]) -> T:
    value = reply.get(name)
    # A bool is an int to Python, but not to a venue.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        shown = "missing" if name not in reply else f"a {type(value).__name__}"
        raise Untold(f"the field {name} is {shown}")
    return value


def _texts(reply: Reply, name: str) -> list[str]:
    found = _field(reply, name, list)
    if not all(isinstance(each, str) for each in found):
        raise Untold(f"the field {name} does not hold texts alone")
    return found


def _id(reply: Reply, name: str) -> str:
    value = reply.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        _field(reply, name, str)
        raise Untold(f"the field {name} is empty")
    return str(value)


def _named_addresses(reply: Reply, name: str) -> bool:
    addresses = _texts(reply, name)
    return bool(addresses) and not _EVERYWHERE & set(addresses)


def _moment(name: str, seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise Untold(f"the field {name} is no time") from None


async def _ask_binance(client: Any) -> Reply:
    restrictions = await client.sapiGetAccountApiRestrictions()
    account = await client.privateGetAccount()
    return {
        **_object(restrictions),
        **{name: account[name] for name in ("uid", "canTrade") if name in _object(account)},
    }


async def _ask_usdm(client: Any) -> Reply:
    """As `_ask_binance`, but whether it may trade is the contracts' account's to say."""
    config = _object(await client.fapiPrivateGetAccountConfig())
    told = {name: said for name, said in (await _ask_binance(client)).items() if name != _MAY_TRADE}
    return {**told, **({_MAY_TRADE: config[_MAY_TRADE]} if _MAY_TRADE in config else {})}


def _object(reply: Any) -> Reply:
    if not isinstance(reply, Mapping):
        raise Untold(f"the reply is a {type(reply).__name__}, no object")
    return reply


def _binance_ends(reply: Reply) -> datetime | None:
    # Only keys without addresses have it.
    name = "tradingAuthorityExpirationTime"
    if name not in reply:
        return None
    return _moment(name, int(_number(reply, name)) / 1_000)


def _number(reply: Reply, name: str) -> str:
    text = _id(reply, name)
    if not (text.isascii() and text.isdigit()):
        raise Untold(f"the field {name} is no whole number")
    return text


def _binance_trades(reply: Reply, contracts: bool) -> bool:
    right = "enableFutures" if contracts else "enableSpotAndMarginTrading"
    return _field(reply, right, bool) and _field(reply, "canTrade", bool)


async def _ask_bybit(client: Any) -> Reply:
    return _object(_field(_object(await client.privateGetV5UserQueryApi()), "result", dict))


def _bybit_rights(reply: Reply, groups: tuple[str, ...], needed: str = "") -> list[str]:
    rights = _field(reply, "permissions", dict)
    if needed:
        _texts(rights, needed)
    return [each for group in groups if group in rights for each in _texts(rights, group)]


def _bybit_trades(reply: Reply, contracts: bool) -> bool:
    if _number(reply, "readOnly") not in {"0", "1"}:
        raise Untold("the field readOnly is neither 0 nor 1")
    groups = _TRADING[1:] if contracts else _TRADING[:1]
    return _number(reply, "readOnly") == "0" and bool(_bybit_rights(reply, groups))


def _bybit_ends(reply: Reply) -> datetime | None:
    text = reply.get("expiredAt")
    # Keys bound to addresses do not end; Bybit then leaves it out, empty or at 1970.
    if text in (None, "") and _named_addresses(reply, "ips"):
        return None
    try:
        ends = datetime.fromisoformat(_field(reply, "expiredAt", str))
    except ValueError:
        raise Untold("the field expiredAt is no time") from None
    if ends.tzinfo is None:
        raise Untold("the field expiredAt has no zone")
    return None if ends.year == 1970 and _named_addresses(reply, "ips") else ends


async def _ask_kraken(client: Any) -> Reply:
    return _object(_field(_object(await client.privatePostGetApiKeyInfo()), "result", dict))


def _kraken_ends(reply: Reply) -> datetime | None:
    seconds = int(_number(reply, "validUntil"))
    return _moment("validUntil", seconds) if seconds else None


async def _ask_coinbase(client: Any) -> Reply:
    return _object(await client.v3PrivateGetBrokerageKeyPermissions())


def _coinbase_is_silent(reply: Reply) -> Any:
    del reply
    raise Untold("it does not say which addresses may use a key, nor until when")


_BINANCE = Desk(
    _ask_binance,
    (
        *_BINANCE_MOVES,
        "ipRestrict",
        "enableReading",
        "enableSpotAndMarginTrading",
        "enableFutures",
        "tradingAuthorityExpirationTime",
        "uid",
        "canTrade",
    ),
    movers=lambda reply: [name for name in _BINANCE_MOVES if _field(reply, name, bool)],
    bound=lambda reply: _field(reply, "ipRestrict", bool),
    ends=_binance_ends,
    may_trade=_binance_trades,
    account=lambda reply: _id(reply, "uid"),
)

DESKS: Final[Mapping[str, Desk]] = {
    "binance": _BINANCE,
    "binanceusdm": replace(_BINANCE, ask=_ask_usdm),
    "bybit": Desk(
        _ask_bybit,
        ("readOnly", "permissions", "ips", "expiredAt", "deadlineDay", "userID", "isMaster"),
        movers=lambda reply: _bybit_rights(reply, _OUTWARD, "Wallet"),
        bound=lambda reply: _named_addresses(reply, "ips"),
        ends=_bybit_ends,
        may_trade=_bybit_trades,
        account=lambda reply: _id(reply, "userID"),
    ),
    "kraken": Desk(
        _ask_kraken,
        ("permissions", "ipAllowlist", "validUntil", "iban"),
        movers=lambda reply: [
            each
            for each in _texts(reply, "permissions")
            if "withdraw" in each or "transfer" in each
        ],
        bound=lambda reply: _named_addresses(reply, "ipAllowlist"),
        ends=_kraken_ends,
        may_trade=lambda reply, contracts: (
            not contracts and "modify-trades" in _texts(reply, "permissions")
        ),
        account=lambda reply: _id(reply, "iban"),
    ),
    "coinbase": Desk(
        _ask_coinbase,
        ("can_view", "can_trade", "can_transfer", "portfolio_uuid", "portfolio_type"),
        movers=lambda reply: ["can_transfer"] if _field(reply, "can_transfer", bool) else [],
        bound=_coinbase_is_silent,
        ends=_coinbase_is_silent,
        may_trade=lambda reply, contracts: _field(reply, "can_trade", bool),
        account=lambda reply: _id(reply, "portfolio_uuid"),
    ),
}
"""Venues that say what a key may do."""
