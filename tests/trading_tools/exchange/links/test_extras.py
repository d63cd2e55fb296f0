"""What is said where the library of an extra is not installed."""

from __future__ import annotations

import sys
from datetime import UTC
from pathlib import Path

import pytest

from trading_tools.exchange.links.extras import MissingExtra
from trading_tools.exchange.links.fix.link import FixLink
from trading_tools.exchange.links.fix.session import FixSettings
from trading_tools.exchange.links.fix.store import FixStore
from trading_tools.exchange.links.ib.orders import IbOrders


def test_the_missing_library_of_a_link_names_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "simplefix", None)
    monkeypatch.setitem(sys.modules, "ib_async", None)
    with FixStore(tmp_path / "fix.sqlite", "US-VENUE") as store:
        with pytest.raises(MissingExtra, match=r"needs simplefix: install .+\[fix\]"):
            FixLink(FixSettings("127.0.0.1", 1, "US", "VENUE"), store)
    with pytest.raises(MissingExtra, match=r"needs ib_async: install .+\[ib\]"):
        IbOrders({}, 1, 1, UTC, "DU1")
