"""What a check is, and what it is given. The checks themselves are in `checks`, a family a file."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from trading_tools.audit.ledger import Ledger
from trading_tools.golive import checks
from trading_tools.golive.config.reading import Project
from trading_tools.golive.drilled import LEFT_OUT, Drilled
from trading_tools.golive.inputs.closed import Trades
from trading_tools.golive.inputs.trades import read_trades
from trading_tools.golive.venues.asking import Venues
from trading_tools.golive.verdict import Finding


@dataclass(frozen=True)
class Case:
    """What a check may look at."""

    project: Project
    now: datetime
    """Aware, in UTC."""
    ledger: Ledger | None = None
    """The project's own ledger: trials, drills, waivers; None where there is none yet."""
    audit_key: bytes | None = None
    """The key of the bot's own ledger, where it has one."""
    drilled: Drilled | Finding = LEFT_OUT
    """What the drills came to, or why there are none."""
    contact_venues: bool = False
    """Whether the venues may be asked, with the owner's keys, reading only."""
    venues: Venues = field(default_factory=Venues)
    """The way to them, for checks that may."""

    @cached_property
    def paper_trades(self) -> Trades | None:
        """The closed trades of `[paper]` in its window, read once for all checks; None for none.

        Raises:
            InputError: what `read_trades` raises.
        """
        paper = self.project.config.paper
        if paper is None:
            return None
        path = self.project.path(paper.file)
        found = read_trades(path, paper.time_zone, paper.columns, paper.strategy)
        return found if paper.from_date is None else found.since(paper.from_date)


@dataclass(frozen=True)
class Check:
    """One question that is answered mechanically."""

    id: str
    title: str
    basis: str
    """Why it is asked: the regulation's article, the paper, the incident."""
    run: Callable[[Case], Finding]


def all_checks() -> list[Check]:
    """Every check of every module in `checks`, by id.

    Raises:
        ValueError: two modules claim one id.
    """
    found: dict[str, Check] = {}
    for module in pkgutil.iter_modules(checks.__path__, f"{checks.__name__}."):
        for check in importlib.import_module(module.name).CHECKS:
            if check.id in found:
                raise ValueError(f"{check.id} is claimed twice, the second time by {module.name}")
            found[check.id] = check
    return [found[name] for name in sorted(found)]
