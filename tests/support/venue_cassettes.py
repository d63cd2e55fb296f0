"""Venues from their recordings: which calls are recorded, where, and how they are played.

`tests/cassettes/record_venues.py` records them over HTTP from the local venues; tests replay them
through ccxt's own clients, with the network blocked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ccxt
import vcr

from tests.support.venue_server import NOW, VenueServer
from trading_tools.exchange.ccxt_venue import CcxtVenue, public_client
from trading_tools.exchange.market_data import MarketData

FOLDER = Path(__file__).resolve().parents[1] / "cassettes" / "venues"

ABOUT = (
    "Answered by local stand-ins (tests/support/venue_server.py) over HTTP, shaped like the "
    "venue's documented replies. No market ever had these prices."
)

SYMBOLS: Mapping[str, tuple[str, ...]] = {
    "bybit": ("BTC/USDT", "BTC/USDT:USDT", "ETH/USDT", "SOLUSDT perp", "DOGE/USDT",
              "SHIB1000USDT", "BTCPERP"),
    "binance": ("BTC/USDT", "BTC/USDT:USDT", "ETHUSDT spot", "SOL/USDT", "doge/usdt:usdt",
                "BTC/JPY"),
    "kraken": ("XBT/USD", "ETHUSD", "sol-usd", "XDGUSD", "BTC/JPY"),
    "coinbase": ("BTC-USD", "ETH/USD", "SOLUSD", "DOGE-USD", "SHIB-USD"),
}  # fmt: skip

Call = tuple[str, dict[str, Any]]


def calls(venue: str) -> list[Call]:
    """Every recorded call of a venue: tool and arguments."""
    found: list[Call] = []
    for symbol in SYMBOLS[venue]:
        at = {"venue": venue, "symbol": symbol}
        found += [
            ("ticker", at),
            ("order_book", {**at, "depth": 3}),
            ("candles", {**at, "interval": "1m", "count": 4}),
            ("candles", {**at, "interval": "1d", "count": 2, "include_open": True}),
            ("market_limits", {**at, "amount": "12.3456789", "price": "60000.123456789"}),
            ("trading_fees", at),
        ]
    return found


class _Readable:
    """The serializer that vcrpy is given: replies as JSON that people can read and compare."""

    def serialize(self, cassette: Mapping[str, Any]) -> str:
        """The file's text."""
        rows = [
            {
                "request": {key: one["request"][key] for key in ("method", "uri")},
                "status": one["response"]["status"],
                "reply": json.loads(one["response"]["body"]["string"]),
            }
            for one in cassette["interactions"]
        ]
        rows.sort(key=lambda row: str(row["request"]["uri"]))
        header = {"format": 1, "about": ABOUT, "clock": NOW.isoformat()}
        header["client"] = f"ccxt {ccxt.__version__}"
        shown = ",\n  ".join(json.dumps(row) for row in rows)
        return f'{json.dumps(header)[:-1]},\n "interactions": [\n  {shown}\n ]}}\n'

    def deserialize(self, text: str) -> dict[str, Any]:
        """What vcrpy works with."""
        rows = json.loads(text)["interactions"]
        sent = {"Content-Type": ["application/json"]}
        return {
            "version": 1,
            "interactions": [
                {
                    "request": {**row["request"], "body": None, "headers": {}},
                    "response": {
                        "status": row["status"],
                        "headers": sent,
                        "body": {"string": json.dumps(row["reply"])},
                        "url": row["request"]["uri"],
                    },
                }
                for row in rows
            ],
        }


def cassette(venue: str, server: VenueServer | None = None) -> Any:
    """vcrpy's context: recording anew from `server`, or playing what is kept and nothing else."""
    library = vcr.VCR(
        record_mode="none" if server is None else "all",
        match_on=["method", "scheme", "host", "port", "path", "query", "body"],
        before_record_request=None if server is None else _named(server),
        decode_compressed_response=True,
    )
    library.register_serializer("readable", _Readable())
    file = FOLDER / f"{venue}.json"
    if server is not None:
        file.unlink(missing_ok=True)
    return library.use_cassette(
        str(file), serializer="readable", allow_playback_repeats=server is None
    )


def replayed(**settings: Any) -> MarketData:
    """Market data over ccxt's own clients and URLs, for use in a `cassette`; time stands still."""

    def opened(venue: str) -> CcxtVenue:
        client = public_client(venue)
        client.enableRateLimit = False  # nothing is asked of anyone, so there is nothing to spare
        return CcxtVenue(venue, client)

    return MarketData(opened, **{"clock": lambda: NOW, "monotonic": lambda: 0.0, **settings})


def _named(server: VenueServer) -> Any:
    """Gives a recorded request the real host's name back."""
    here = f"http://127.0.0.1:{server.port}/"

    def renamed(request: Any) -> Any:
        request.uri = request.uri.replace(here, "https://")
        return request

    return renamed
