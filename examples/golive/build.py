"""Makes one of the two bots here a project of its own, with evidence: `python build.py ready DIR`.

The evidence is made up, from fixed seeds and up to today, so that the gate has something to read.
The approvers' keys go into `DIR.keys`.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from pathlib import Path

from orchestrator.cli.place import audit_key
from trading_tools.audit.ledger import Ledger
from trading_tools.audit.trade import TradeAudit

HERE = Path(__file__).parent
DAYS, TRADES, CANDLES = 800, 200, 2_200


def build(which: str, folder: Path, now: datetime) -> str:
    """Copy the bot, commit it, add evidence of that commit, and commit that; gives the commit."""
    shutil.copytree(HERE / which, folder, ignore=shutil.ignore_patterns("__pycache__"))
    git(folder, "init", "-q", "-b", "main")
    bot = commit(folder, "Add the bot")
    (folder / "evidence").mkdir()
    for name, text in evidence(which, now):
        (folder / "evidence" / name).write_text(text, encoding="utf-8")
    record(folder / "evidence" / "orders.sqlite", now)
    config = (folder / "golive.toml").read_text(encoding="utf-8")
    config = config.replace("COMMIT", bot).replace("TODAY", f"{now:%Y-%m-%d}")
    (folder / "golive.toml").write_text(config, encoding="utf-8")
    ignored = ".orchestrator/\n__pycache__/\n*.sqlite-shm\n*.sqlite-wal\n"
    (folder / ".gitignore").write_text(ignored, encoding="utf-8")
    approvers(folder, folder.with_name(f"{folder.name}.keys"))
    return commit(folder, "Add the evidence")


def evidence(which: str, now: datetime) -> Iterator[tuple[str, str]]:
    """Each file by name; the stopped bot's backtest lacks a trade, its venue has an order more."""
    sound = which == "ready"
    yield "candles.csv", candles(now)
    yield "paper.csv", trades(now, range(TRADES), slippage_bp=1)
    yield "backtest.csv", trades(now, range(TRADES) if sound else range(1, TRADES), slippage_bp=0)
    tried = [returns(mean) for mean in (0.002, 0.0017, 0.0015)]
    for number, each in enumerate(tried, start=1):
        yield f"trial-{number}.csv", equity(now, each)
    yield "equity.csv", equity(now, tried[0])
    yield "trials.csv", table("a,b,c", (map(repr, row) for row in zip(*tried, strict=True)))
    known = ["order-1", "order-2"] if sound else ["order-1", "order-of-nobody"]
    orders = [{"id": str(at), "clientOrderId": name} for at, name in enumerate(known)]
    yield "orders.json", json.dumps(orders) + "\n"


def candles(now: datetime) -> str:
    """A random walk, a candle a minute."""
    chance = random.Random(4)
    walk = accumulate((chance.gauss(0, 20) for _ in range(CANDLES)), initial=60_000.0)
    begin = now - timedelta(minutes=CANDLES + 1)
    rows = (
        (f"{begin + timedelta(minutes=at):%Y-%m-%dT%H:%M:00Z}", *[f"{price:.2f}"] * 4, "1")
        for at, price in zip(range(CANDLES), walk, strict=False)
    )
    return table("time,open,high,low,close,volume", rows)


def trades(now: datetime, which: Iterable[int], slippage_bp: float) -> str:
    """Five trades a day until yesterday."""
    chance = random.Random(5)
    paid = [100 * (1 + chance.gauss(slippage_bp, 3) / 10_000) for _ in range(TRADES)]
    begin = now - timedelta(days=TRADES // 5 + 1)
    rows = (
        (
            f"{begin + timedelta(hours=4.8 * at):%Y-%m-%dT%H:%M:%SZ}",
            *("BTC/USDT", "buy", repr(paid[at]), "100", "0.5"),
        )
        for at in which
    )
    return table("closed_at,symbol,side,price,expected_price,profit_quote", rows)


def returns(mean: float) -> list[float]:
    """Daily returns; what was tried differs in its mean alone, as settings of one idea do."""
    chance = random.Random(1)
    return [chance.gauss(mean, 0.01) for _ in range(DAYS)]


def equity(now: datetime, gained: list[float]) -> str:
    """What 10,000 became, a value a day."""
    values = accumulate(gained, lambda value, each: value * (1 + each), initial=10_000.0)
    begin = now - timedelta(days=DAYS + 1)
    rows = (
        (f"{begin + timedelta(days=at):%Y-%m-%dT00:00:00Z}", repr(value))
        for at, value in enumerate(values)
    )
    return table("time,equity", rows)


def table(header: str, rows: Iterable[Iterable[str]]) -> str:
    """A CSV file."""
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def record(file: Path, now: datetime) -> None:
    """The bot's own audit of two orders, under the key in ORC_AUDIT_KEY where there is one."""
    with Ledger.open(file, key=audit_key(os.environ)) as ledger:
        for name in ("order-1", "order-2"):
            TradeAudit(ledger, "orders").order_intent(
                client_order_id=name,
                symbol="BTC/USDT",
                side="buy",
                order_type="limit",
                size_base=Decimal("0.001"),
                price_quote=Decimal(60_000),
                at=now,
            )


def approvers(folder: Path, keys: Path) -> None:
    """A key for each approver, beside the project, and whose is whose, in it."""
    keys.mkdir()
    lines = []
    for name in ("ada", "grace"):
        made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(keys / name)]
        subprocess.run(made, check=True)
        kind, key, _ = (keys / f"{name}.pub").read_text(encoding="utf-8").split()
        lines.append(f"{name} {kind} {key}\n")
    (folder / "approvers.keys").write_text("".join(lines), encoding="utf-8")


def commit(folder: Path, what: str) -> str:
    """Commit all that is there."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", what)
    return git(folder, "rev-parse", "HEAD")


def git(folder: Path, *words: str) -> str:
    """What git says, under the example's own name and without anybody's hooks."""
    who = ["user.name=example", "user.email=example@localhost", "commit.gpgsign=false"]
    who.append("core.hooksPath=/dev/null")
    settings = [word for each in who for word in ("-c", each)]
    command = ["git", *settings, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    build(sys.argv[1], Path(sys.argv[2]), datetime.now(UTC))
