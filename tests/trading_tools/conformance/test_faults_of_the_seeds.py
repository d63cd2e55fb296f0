"""The faults of the requirement documents' own snippets, each found by a property.

The documents lie beside this repository and are no part of it: without them this is skipped. The
samples here have the same faults. The numbers are those of the notes on these snippets.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.trading_tools.conformance.checking import broken, checked

SEEDS = Path(__file__).resolve().parents[3] / ".." / "shared" / "seeds"
BOT = "001_b0a143fb5e8343fe.txt"
VENUE = "004_9a1cc902e84aa934.txt"

BINANCE = ("limiter", f"{VENUE}:ExchangeRateLimiter", (("exchange_id", "binance"), ("rate", "20")))
KRAKEN = (
    "limiter",
    f"{VENUE}:ExchangeRateLimiter",
    (("exchange_id", "kraken"), ("rate", "0.33"), ("burst", "15")),
)
PACE = (
    "limiter",
    f"{BOT}:TradingBot",
    (("acquire", "_enforce_rate_limit"), ("rate", "10"), ("per", "60"), ("burst", "1"),
     ("max_position_size", "1"), ("max_daily_trades", "10"), ("max_exposure", "1000")),
)  # fmt: skip
GUARD = ("order-guard", f"{BOT}:TradingBot", ())
ORDER = ("order-guard", f"{BOT}:OrderRequest", ())
BREAKER = ("breaker", f"{BOT}:CircuitBreaker", ())
KELLY = ("kelly", f"{BOT}:calculate_kelly_fraction", ())
SIZING = ("sizing", f"{BOT}:calculate_position_size", ())
FETCH = (
    "backoff",
    f"{VENUE}:ExchangeConnector.fetch_ticker",
    (("fails", "exchange.fetch_ticker"), ("error", "ccxt.RateLimitExceeded")),
)
STREAM = (
    "backoff",
    f"{VENUE}:WebSocketManager._create_connection",
    (("fails", "ccxt.pro.binance.watch_ticker"),),
)

Check = tuple[str, str, tuple[tuple[str, str], ...]]
FAULTS: dict[str, tuple[Check, str]] = {
    "S01 market order valued at price 1": (GUARD, "market-order"),
    "S02 a closing sell adds exposure": (GUARD, "closing"),
    "S03 check-then-act race": (GUARD, "race"),
    "S04 daily limit raced": (GUARD, "daily-race"),
    "S05 resting orders take no exposure": (GUARD, "open-orders"),
    "S06 a timeout is a definite failure": (GUARD, "unknown-outcome"),
    "S08 the day never ends": (GUARD, "daily-reset"),
    "S09 the pause between requests is raced": (PACE, "rate"),
    "S10 Infinity is a size": (ORDER, "no-number"),
    "S10b NaN ends in InvalidOperation": (ORDER, "no-number-words"),
    "S11 floats are money": (ORDER, "floats"),
    "S12 a validated order can be changed": (ORDER, "frozen"),
    "S20 Kelly is wrong for a partial loss": (KELLY, "partial-loss"),
    "S21 Kelly bets too much where more than the stake is lost": (KELLY, "larger-loss"),
    "S21 and twice the optimum": (KELLY, "overbet"),
    "S22 what is no probability gives 0": (KELLY, "chance"),
    "S22 a win that loses gives a bet": (KELLY, "sign"),
    "S23 a return of 0 crashes": (KELLY, "zero"),
    "S24 multiplier 5 gives more than the bankroll": (SIZING, "multiplier"),
    "S24b a negative bankroll gives a negative size": (SIZING, "no-money"),
    "S25 an amount of money is called a size": (SIZING, "units"),
    "S30 HALF_OPEN admits all": (BREAKER, "one-probe"),
    "S31 a failed probe does not open it again": (BREAKER, "probe-fails"),
    "S32 successes never clear failures": (BREAKER, "rare-failures"),
    "S33 a threshold above the buffer never opens": (BREAKER, "big-threshold"),
    "S34 the wall clock holds it open": (BREAKER, "clock-steps"),
    "S35 late failures hold it open": (BREAKER, "late-failures"),
    "S60 40 a second at a nominal 20": (BINANCE, "rate"),
    "S61 Kraken's counter is passed over": (KRAKEN, "rate"),
    "S62 a cheap call waits behind a big one": (BINANCE, "cheap-calls"),
    "S63 a cost above the capacity is let go": (BINANCE, "oversize"),
    "S65 an unknown venue is a KeyError": (BINANCE, "unknown-names"),
    "S67 a step of the wall clock stalls it": (BINANCE, "clock-steps"),
    "S70 it calls itself for each retry": (FETCH, "no-recursion"),
    "S70 and hammers the venue": (FETCH, "waits"),
    "S81 the count of failures is never reset": (STREAM, "reset"),
}


@cache
def found(check: Check) -> set[str]:
    """What one check finds; each is made once."""
    kind, target, params = check
    return broken(checked(kind, target, dict(params), folder=SEEDS, histories=100))


@pytest.mark.slow
@pytest.mark.skipif(not SEEDS.is_dir(), reason="the requirement documents are not here")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_documents_snippets_is_found(fault: str) -> None:
    check, name = FAULTS[fault]

    assert name in found(check)


@pytest.mark.slow
@pytest.mark.skipif(not SEEDS.is_dir(), reason="the requirement documents are not here")
def test_a_limiter_that_is_left_by_who_waits_is_not_blamed_for_it() -> None:
    """S64: a lock that a cancelled call held is given back, so this is no fault."""
    assert "cancellation" not in found(BINANCE)
