"""Which specialists a change is given to: those whose subject it touches.

By words of its code, so that the same change goes to the same specialists without a model.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Final

MOST: Final = 3
"""So many are asked where nobody is named."""

GENERAL: Final = ("trading-logic-validator", "python-expert")
"""Look at what every change has; asked where few others are, the second only for its own words."""

_SUBJECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "exchange-integration-specialist": r"ccxt|create_?order|cancel_?order|fetch_\w+|watch_\w+"
        r"|client_?order_?id|websocket|recv_?window|listen_?key|order_?book|binance|bybit|kraken"
        r"|coinbase|okx|rate_?limit\w*",
        "risk-engine-architect": r"\w*kelly\w*|leverage|drawdown|exposure|stop_?loss|max_position"
        r"|max_notional|risk\w*|kill_?switch|margin|position_?siz\w+|limits?",
        "trading-logic-validator": r"pnl|sharpe|backtest\w*|signals?|returns|fees?|funding|win_\w+"
        r"|probability|entry_?price|average_?price|position",
        "crypto-security-auditor": r"api_?key|secret\w*|hmac|signature|withdraw\w*|password|verify"
        r"|private_?key|eval|pickle",
        "execution-optimization-expert": r"twap|vwap|iceberg|slic\w+|slippage|participation",
        "webhook-expert": r"webhooks?|fastapi|flask|callback_?url|telegram",
        "crypto-data-engineer": r"ohlcv|candles?|klines?|resampl\w+|parquet|backfill",
        "cache-implementation-reviewer": r"redis|\w*cache\w*|ttl|memcached",
        "algotrading-python-expert": r"ib_async|ib_insync|ibapi|tws",
        "python-expert": r"asyncio|threading|lock|gather|create_task|multiprocessing|contextlib",
    }
)


def fitting(texts: Iterable[str], known: Collection[str]) -> tuple[str, ...]:
    """The specialists among `known` whose words the code says, most of different ones first."""
    text = "\n".join(texts).lower()
    scores = {}
    for name, words in _SUBJECTS.items():
        said = re.findall(rf"(?<![a-z0-9])(?:{words})(?![a-z0-9])", text)
        if said:
            scores[name] = (len(set(said)), len(said))
    logic, python = GENERAL
    ranked = sorted(scores.keys() - {python}, key=lambda name: (scores[name], name), reverse=True)
    general = [logic, *(name for name in (python,) if name in scores)]
    asked = [name for name in dict.fromkeys([*ranked, *general]) if name in known]
    return tuple(asked[:MOST])
