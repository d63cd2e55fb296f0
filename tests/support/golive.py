"""A bot's project before the gate: committed, with all that a go needs unless a test spoils it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import numpy as np

from trading_tools.audit.ledger import Ledger
from trading_tools.golive.check import Case, Check, all_checks
from trading_tools.golive.config.reading import read_project
from trading_tools.golive.trials import record_trial
from trading_tools.golive.venues.asking import Venues
from trading_tools.golive.verdict import Finding

_KEPT = TemporaryDirectory(prefix="gates-")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

WHOLE: Mapping[str, Any] = {
    "bot": {"name": "momentum", "source": ["bot.py"], "lock": "requirements.lock"},
    "venues": [{"name": "binance", "symbols": ["BTC/USDT"]}],
    "limits": {
        "bankroll_quote": "10000",
        "max_order_quote": "500",
        "max_position_quote": "2000",
        "max_exposure_quote": "5000",
        "max_daily_loss_quote": "200",
        "max_drawdown_quote": "1000",
        "price_collar": "0.02",
        "max_orders_a_minute": 30,
        "max_orders_a_day": 500,
        "max_repeats": 3,
        "first_day_exposure_quote": "500",
    },
    "sizing": {
        "win_rate": "0.55",
        "win": "0.02",
        "loss": "0.02",
        "sample_trades": 400,
        "fraction": "2",
        "multiplier": "0.5",
    },
    "paper": {"file": "paper.csv", "commit": "COMMIT"},
    "returns": {"file": "equity.csv", "periods_a_year": 365},
    "statistics": {"trial_returns": "trials.csv"},
    "deployment": {
        "approvers": ["ada", "grace"],
        "rollback": "git revert",
        "rollback_tested": "2026-11-01",
    },
}


class GateProject:
    """A folder under git with the files that `WHOLE` names; `ask` puts one check to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger_file = folder.parent / "gate.sqlite"
        whole, self.commit = _committed()
        shutil.copytree(whole, folder)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def git(self, *words: str) -> str:
        return _git(self.folder, *words)

    def commit_all(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "what is there")
        return self.git("rev-parse", "HEAD")

    def configure(self, **tables: Any) -> None:
        """Write golive.toml: `WHOLE`, each named table changed key by key; None takes one out."""
        config = dict(WHOLE)
        for name, change in tables.items():
            if isinstance(change, dict) and isinstance(config.get(name), dict):
                change = {**config[name], **change}
                change = {key: value for key, value in change.items() if value is not None}
            config[name] = change
        text = toml({name: table for name, table in config.items() if table is not None})
        self.write("golive.toml", text.replace("COMMIT", self.commit))

    def record_trials(self, count: int = 3) -> None:
        with Ledger.open(self.ledger_file) as ledger:
            for number in range(count):
                record_trial(ledger, "momentum", {"n": str(number)}, 0.01 * number, 800, "00")

    def ask_venues(self, name: str, venues: Venues, /, **tables: Any) -> Finding:
        """What check `name` finds where the venues may be asked."""
        self.configure(**tables)
        config = read_project(self.folder / "golive.toml")
        return check(name).run(Case(project=config, now=NOW, venues=venues, contact_venues=True))

    def ask(self, name: str, **tables: Any) -> Finding:
        """What check `name` finds under `WHOLE` with these changes, all of it committed."""
        self.configure(**tables)
        self.commit_all()
        return self.ask_as_it_is(name)

    def ask_as_it_is(self, name: str) -> Finding:
        """What check `name` finds in the folder as it lies there."""
        with Ledger.open(self.ledger_file) as ledger:
            case = Case(project=read_project(self.folder / "golive.toml"), now=NOW, ledger=ledger)
            return check(name).run(case)


@cache
def _committed() -> tuple[Path, str]:
    """The files that `WHOLE` names, committed once for all projects, and their commit."""
    folder = Path(mkdtemp(dir=_KEPT.name))
    files = {
        "bot.py": "print('hello')\n",
        "requirements.lock": "ccxt==4.5.90 \\\n    --hash=sha256:00\naiohttp==3.14.5\n",
        "paper.csv": paper_csv(),
        "equity.csv": equity_csv(steady(800, 1)),
        "trials.csv": trials_csv(),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "-m", "what is there")
    return folder, _git(folder, "rev-parse", "HEAD")


def _git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def check(name: str) -> Check:
    """The check of that id."""
    return next(each for each in all_checks() if each.id == name)


def toml(content: Mapping[str, Any]) -> str:
    """A configuration as TOML: tables, lists of tables, and plain values in them."""
    lines = []
    for name, table in content.items():
        for each in table if isinstance(table, list) else [table]:
            lines.append(f"[[{name}]]" if isinstance(table, list) else f"[{name}]")
            lines += [f"{key} = {_value(value)}" for key, value in each.items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {_value(each)}' for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return str(value) if isinstance(value, int | float) else f'"{value}"'


def steady(count: int, seed: int) -> list[float]:
    """Daily returns with a ratio of about 0.2 a day."""
    return [float(each) for each in np.random.default_rng(seed).normal(0.002, 0.01, count)]


def equity_csv(returns: list[float]) -> str:
    """An equity curve of one value a day."""
    value, day = 10_000.0, NOW - timedelta(days=len(returns) + 1)
    rows = [f"{day:%Y-%m-%d}T00:00:00Z,{value}"]
    for each in returns:
        value, day = value * (1 + each), day + timedelta(days=1)
        rows.append(f"{day:%Y-%m-%d}T00:00:00Z,{value!r}")
    return "time,equity\n" + "\n".join(rows) + "\n"


def trials_csv() -> str:
    """Returns of three strategies, of which one is good in each part of the record."""
    good, bad, worse = steady(800, 1), steady(800, 2), steady(800, 3)
    rows = [f"{a!r},{b - 0.003!r},{c - 0.004!r}" for a, b, c in zip(good, bad, worse, strict=True)]
    return "a,b,c\n" + "\n".join(rows) + "\n"


def paper_csv(count: int = 200, slippage_bp: float = 1.0, symbol: str = "BTC/USDT") -> str:
    """Paper trades, five a day until yesterday, with that slippage on the mean."""
    chance = np.random.default_rng(5)
    begin = NOW - timedelta(days=count // 5 + 1)
    rows = []
    for number in range(count):
        at = begin + timedelta(hours=number * 4.8)
        paid = 100 * (1 + chance.normal(slippage_bp, 3) / 10_000)
        rows.append(f"{at.isoformat()},{symbol},buy,{paid!r},100,0.5")
    return "closed_at,symbol,side,price,expected_price,profit_quote\n" + "\n".join(rows) + "\n"
