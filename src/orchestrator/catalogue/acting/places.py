"""Where an order can go, and what it takes to get there: the simulator, a venue's sandbox, live.

Which of them are open is the user's own configuration; keys come from the user's environment and
go nowhere but into the client. Trading there is `desk`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from orchestrator.config.settings import OrderSettings
from orchestrator.toolbox.permissions import Verdict
from orchestrator.toolbox.tool import ToolError
from trading_tools.exchange.orders.clients import Credentials

Place = Literal["simulator", "sandbox", "live"]

SIMULATOR_ANSWERS_IN_S: Final = 5.0

PLACES: Final[Mapping[str, str]] = {
    "simulator": "a simulated order (no money)",
    "sandbox": "a SANDBOX order (no real money)",
    "live": "a LIVE order with REAL MONEY",
}
"""What an order there is, for people."""

_CANCELS: Final[Mapping[str, str]] = {
    "sandbox": "a cancel in a SANDBOX account (no real money)",
    "live": "a cancel in a LIVE account (it takes orders out of the book, and sends none)",
}
"""What a cancel there is."""

_WHY_NO_SANDBOX: Final[Mapping[str, str]] = {
    "kraken": "; Kraken's demo is of its futures alone, which are another API",
    "coinbase": "; Coinbase's answers with fixed replies and keeps no order",
}


@dataclass(frozen=True, kw_only=True)
class Door:
    """How a place's venue is reached. `account` names the orders of it in the ledger."""

    account: str
    credentials: Credentials
    sandbox: bool
    through: str | None = None


def credential_names(place: Place, venue: str) -> tuple[str, str]:
    """The variables that hold the key and the secret."""
    middle = "_SANDBOX" if place == "sandbox" else ""
    return f"{venue.upper()}{middle}_API_KEY", f"{venue.upper()}{middle}_API_SECRET"


async def door_to(
    place: Place, venue: str, settings: OrderSettings, environ: Mapping[str, str]
) -> Door:
    """How `venue` is reached at `place`.

    Raises:
        ToolError: the place is closed or not there, its key is missing, or no simulator serves the
            venue.
    """
    if place == "simulator":
        return await _simulated(venue, settings.simulator)
    if (settings.live if place == "live" else settings.sandbox) == "deny":
        raise ToolError(closed(place))
    if place == "sandbox" and not _has_sandbox(venue):
        # Before its key is asked for: nobody has one.
        why = _WHY_NO_SANDBOX.get(venue, "")
        raise ToolError(
            f"{venue} has no sandbox that ccxt knows of: rehearse on the simulator{why}"
        )
    names = credential_names(place, venue)
    found = [environ.get(name, "").strip() for name in names]
    missing = [name for name, value in zip(names, found, strict=True) if not value]
    if missing:
        raise ToolError(
            f"there is no key for {venue} ({place}): set {' and '.join(missing)} in the "
            "environment that `orc` is started from"
        )
    # A PEM in a variable often has its line ends written out.
    key, secret = found[0], found[1].replace("\\n", "\n")
    return Door(
        account=place,
        credentials=Credentials(key, secret),
        sandbox=place == "sandbox",
        through=settings.gateway,
    )


def _has_sandbox(venue: str) -> bool:
    from trading_tools.exchange.orders.clients import has_sandbox

    return has_sandbox(venue)


def closed(place: str) -> str:
    """Why nothing goes to a place that is not open, and how its owner opens it."""
    what = "orders with real money are" if place == "live" else f"the {place} is"
    return (
        f'{what} not open here: their owner opens it with `{place} = "ask"` under [orders] in the '
        f"user's own config.toml, or ORC_ORDERS_{place.upper()}=ask; each order is then asked for"
    )


async def _simulated(venue: str, address: str) -> Door:
    told = await _venues_at(address, venue)
    served = told["venues"]
    if venue not in served:
        raise ToolError(
            f"the simulator at {address} does not serve {venue}, only {', '.join(served)}: "
            f"{_start(address, [*served, venue])}"
        )
    return Door(
        account=f"simulator:{told['instance']}",
        credentials=Credentials(served[venue]["key"], served[venue]["secret"]),
        sandbox=False,
        through=address,
    )


async def _venues_at(address: str, venue: str) -> Mapping[str, Any]:
    import aiohttp

    from trading_tools.venue.wire.server import VENUES_PATH

    limit = aiohttp.ClientTimeout(total=SIMULATOR_ANSWERS_IN_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=limit) as session,
            session.get(address + VENUES_PATH, allow_redirects=False) as reply,
        ):
            told: Any = await reply.json(content_type=None)
    except (aiohttp.ClientConnectionError, TimeoutError):
        raise ToolError(
            f"no simulator answers at {address}: {_start(address, [venue])}, or set "
            "`orders.simulator` to where it is"
        ) from None
    except (aiohttp.ClientError, ValueError):
        told = None
    if not (isinstance(told, dict) and {"instance", "venues"} <= told.keys()):
        raise ToolError(
            f"what answers at {address} is no simulator of ours: set `orders.simulator` to where "
            "`orc venue serve` listens"
        )
    return told


def _start(address: str, venues: Iterable[str]) -> str:
    wanted = " ".join(f"--venue {venue}" for venue in venues)
    return f"start one with `orc venue serve {wanted} --port {address.rpartition(':')[2]}`"


def order_rules(
    settings: OrderSettings, acts: Iterable[str], reads: Iterable[str]
) -> tuple[dict[Verdict, list[str]], dict[tuple[Verdict, str], str]]:
    """The permission rules that follow from where orders may go, and what to say of them.

    They are deny and ask rules, so that no allow rule of a project lifts one. Acts are tools that
    change something at a venue; what they do at the simulator is free.
    """
    acts = tuple(acts)
    rules: dict[Verdict, list[str]] = {"allow": [], "ask": [], "deny": []}
    reasons: dict[tuple[Verdict, str], str] = {}
    for place, verdict in (("sandbox", settings.sandbox), ("live", settings.live)):
        for name in (*acts, *reads) if verdict == "deny" else acts:
            rule = f"{name}({place} *)"
            rules[verdict].append(rule)
            what = (_CANCELS if name.startswith("cancel") else PLACES)[place]
            why = closed(place) if verdict == "deny" else f"{what} needs a person"
            reasons[verdict, rule] = why
    rules["allow"] += [f"{name}(simulator *)" for name in acts]
    return rules, reasons
