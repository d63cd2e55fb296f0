"""The example of docs/links.md, run as it stands against an acceptor over TCP."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.trading_tools.exchange.links.fix.conftest import Desk
from tests.trading_tools.exchange.orders.guards import guard
from trading_tools.exchange.orders.life import Stage

PAGE = Path(__file__).parents[5] / "docs" / "links.md"


async def test_the_example_places_one_order_and_a_second_run_none(desk: Desk) -> None:
    code, _ = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    for _ in range(2):
        order = await names["buy_by_fix"](desk.settings(), desk.folder, guard(desk.folder))
        assert order.stage is Stage.OPEN
    assert len(desk.acceptor.accepted) == 1
