"""G01, G02 and G04: what the venues say of the keys, never what an attempt would show."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta

from trading_tools.audit.event import canonical_json
from trading_tools.golive.check import Case, Check
from trading_tools.golive.config.model import Venue
from trading_tools.golive.venues.asking import Grant
from trading_tools.golive.venues.grants import Untold
from trading_tools.golive.venues.together import contacting
from trading_tools.golive.verdict import Evidence, Finding, failed, no_evidence, passed

HORIZON = timedelta(days=30)
"""How long a key must last beyond today, so that a bot is not left with open orders."""

Look = Callable[[Case, Venue, Grant, Evidence], Finding]


def _asked(look: Look) -> Callable[[Case], Finding]:
    """A check that looks at each venue's description of its key."""

    def run(case: Case) -> Finding:
        def at(venue: Venue) -> Finding:
            grant = case.venues.grant(venue)
            figures = grant.figures
            sha256 = hashlib.sha256(canonical_json(figures).encode()).hexdigest()
            here = Evidence(f"{venue.name}'s description of the key", sha256, figures)
            try:
                return look(case, venue, grant, here)
            except Untold as error:
                return no_evidence(
                    f"{venue.name}: {error}", "look it up on the venue's page of API keys", here
                )

        return contacting(case, at)

    return run


def _no_withdrawal(case: Case, venue: Venue, grant: Grant, here: Evidence) -> Finding:
    del case
    movers = grant.desk.movers(grant.reply)
    if movers:
        return failed(
            f"{venue.name}: the key may move money: {', '.join(movers)}",
            "take these rights from the key, or make another",
            here,
        )
    return passed(f"{venue.name}: the key may neither withdraw nor transfer", here)


def _bound(case: Case, venue: Venue, grant: Grant, here: Evidence) -> Finding:
    if not grant.desk.bound(grant.reply):
        return failed(
            f"{venue.name}: the key works from every address",
            "bind it to the bot's addresses",
            here,
        )
    ends = grant.desk.ends(grant.reply)
    if ends is not None and ends < case.now + HORIZON:
        return failed(
            f"{venue.name}: the key ends on {ends:%Y-%m-%d}, {HORIZON.days} days are needed",
            "renew it",
            here,
        )
    until = "it does not expire" if ends is None else f"it lasts until {ends:%Y-%m-%d}"
    return passed(f"{venue.name}: the key is bound to addresses, {until}", here)


def _intended(case: Case, venue: Venue, grant: Grant, here: Evidence) -> Finding:
    del case
    contracts = venue.name == "binanceusdm" or all(":" in each for each in venue.symbols)
    if not grant.desk.may_trade(grant.reply, contracts):
        what = "contracts" if contracts else "spot orders"
        return failed(
            f"{venue.name}: the key has no right to trade {what}", "give it that right", here
        )
    account = grant.desk.account(grant.reply)
    if venue.account is None:
        return no_evidence(
            f"{venue.name}: the key is of account {account}; golive.toml names none",
            "write the account that is meant under [[venues]] account",
            here,
        )
    if account != venue.account:
        return failed(
            f"{venue.name}: the key is of account {account}, golive.toml means {venue.account}",
            "use the key of that account",
            here,
        )
    return passed(f"{venue.name}: the key trades account {account} at {grant.host}", here)


CHECKS = (
    Check(
        "G01",
        "API key cannot withdraw",
        "SEC rule 15c3-5(c)(2)(iii) restricted access",
        _asked(_no_withdrawal),
    ),
    Check(
        "G02",
        "API key is bound to addresses and does not expire soon",
        "requirement document 001",
        _asked(_bound),
    ),
    Check(
        "G04",
        "API key is for the intended account",
        "requirement document 001, rule 8",
        _asked(_intended),
    ),
)
