"""Scenarios in which streams fall silent, break, or tell less than happened."""

from __future__ import annotations

from trading_tools.drill.scenarios.invariants import Invariant
from trading_tools.drill.scenarios.scenario import Scenario
from trading_tools.venue.faults.acts import Act, Heard
from trading_tools.venue.faults.keys import KeysExpired
from trading_tools.venue.faults.streams import Broken, Silence, Silent
from trading_tools.venue.faults.told import Mangled, Mishap
from trading_tools.venue.wire.messages import Told

_BACK = (Invariant.STREAM_BACK_IN_TIME, Invariant.RECOVERED)

STREAMS = (
    Scenario(
        name="d08-stream-gap",
        title="Three updates of the order book are lost on the way.",
        story="The book went on without them: a bid above the ask, for hours.",
        links=(
            "https://github.com/ccxt/ccxt/issues/20836",
            "https://github.com/ccxt/ccxt/issues/12279",
        ),
        invariants=(Invariant.ONE_ORDER_PER_INTENT, Invariant.RECOVERED),
        faults=(Mangled("gap", Heard(frozenset({Told.BOOK}), nth=10), Mishap.LOST, times=3),),
    ),
    Scenario(
        name="d09-silent-stall",
        title="A stream stays open and pings, and brings no more data.",
        story="watch_order_book hung silently after hours; the bot traded on a book of yesterday.",
        links=(
            "https://github.com/ccxt/ccxt/issues/22662",
            "https://github.com/ccxt/ccxt/issues/21731",
            "https://github.com/ccxt/ccxt/issues/23214",
        ),
        invariants=_BACK,
        faults=(Silent("silent-stream", Heard(nth=3)),),
    ),
    Scenario(
        name="d10-half-open",
        title="A connection looks open, and nothing arrives on either side.",
        story="A broken connection was kept, with a subscription on it that nobody served.",
        links=("https://github.com/ccxt/ccxt/issues/26766",),
        invariants=_BACK,
        faults=(Silent("half-open", Heard(nth=3), Silence.HALF_OPEN),),
    ),
    Scenario(
        name="d11-reconnect-storm",
        title="Connections break as soon as they are made, up to thirty times in three seconds.",
        story="ccxt connects again at once, without a pause of its own: a bot's loop sets how fast "
        "it runs into the venue's limit of connections.",
        links=("https://github.com/ccxt/ccxt/issues/26766",),
        invariants=_BACK,
        faults=(Broken("storm", Heard(nth=3), times=30),),
    ),
    Scenario(
        name="d12-key-expiry",
        title="What the private stream lives by expires: its listen key, its subscription.",
        story="The refresh failed and was tried again for ever; the bot placed orders and never "
        "saw its fills. Two clients shared one key, and one of them closed it.",
        links=(
            "https://github.com/hummingbot/hummingbot/issues/5713",
            "https://github.com/ocho011/ict_2025/issues/73",
            "https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/issues/275",
        ),
        invariants=(
            Invariant.STREAM_BACK_IN_TIME,
            Invariant.POSITION_AS_DECLARED,
            Invariant.RECOVERED,
        ),
        faults=(KeysExpired("key-expiry", Act(nth=2)),),
        venues=frozenset({"binance", "binanceusdm"}),
    ),
    Scenario(
        name="d29-no-pong",
        title="A stream brings data, and no pong.",
        story="Clients that watch pongs alone drop a good stream; by ccxt's defaults that takes "
        "from 18 seconds on Kraken to nine minutes on Binance.",
        links=("https://github.com/ccxt/ccxt/issues/26766",),
        invariants=(Invariant.RECOVERED,),
        faults=(Silent("no-pong", Heard(nth=3), Silence.NO_PONG, for_s=5.0),),
    ),
)
