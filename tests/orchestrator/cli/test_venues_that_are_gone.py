"""Where a command names a venue that is gone, its end or its successor is the answer."""

from __future__ import annotations

import pytest

from tests.support.command_line import CommandLine


@pytest.mark.parametrize(
    "command",
    [
        ("venue", "serve", "--venue", "ftx"),
        ("drill", "--venue", "ftx", "--", "true"),
        ("tools", "call", "ticker", '{"symbol": "BTC/USD", "venue": "FTX"}'),
        ("tools", "call", "exchange_facts", '{"venue": "FTX"}'),
    ],
)
def test_a_venue_that_closed_is_answered_with_its_end(
    orc: CommandLine, command: tuple[str, ...]
) -> None:
    ended = orc(*command)
    assert ended.code == 2
    assert "ftx closed in November 2022 and has no successor" in ended.err


def test_a_venue_that_was_renamed_is_answered_with_its_successor(orc: CommandLine) -> None:
    ended = orc("drill", "--venue", "coinbasepro", "--", "true")
    assert ended.code == 2
    assert "ask `coinbase`" in ended.err
