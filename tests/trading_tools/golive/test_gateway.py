"""G13: every place that sends an order is found, wherever it hides, or said to be undecided."""

from pathlib import Path

import pytest

from tests.support.golive import GateProject
from trading_tools.golive.verdict import Finding, Verdict

GATE = """
import ccxt

class Gateway:
    def __init__(self) -> None:
        self.exchange = ccxt.binance()

    def send(self, symbol, amount, price):
        return self.exchange.create_order(symbol, "limit", "buy", amount, price)
"""
OWN = """
class Mock:
    def create_order(self): ...

    def go(self):
        self.create_order()

Mock().create_order()
"""
SOUND = "from desk.gateway import Gateway\n\nGateway().send('BTC/USDT', 1, 2)\n"


def asked(
    tmp_path: Path, bot: str, gateway: str | None = "desk.gateway", gate: str = GATE
) -> Finding:
    project = GateProject(tmp_path / "bot")
    (project.folder / "desk").mkdir()
    project.write("desk/__init__.py", "")
    project.write("desk/gateway.py", gate)
    project.write("bot.py", bot)
    return project.ask("G13", bot={"source": ["bot.py"], "gateway": gateway})


def test_a_bot_that_sends_through_its_gateway_alone_passes_and_imports_are_followed(
    tmp_path: Path,
) -> None:
    found = asked(tmp_path, SOUND)
    assert found.verdict is Verdict.PASS, found
    assert "only desk/gateway.py sends orders: exchange.create_order (desk/gateway.py:9)" in (
        found.detail
    )


@pytest.mark.parametrize(
    "bot",
    [
        "import ccxt\nx = ccxt.kraken()\nx.create_market_buy_order('BTC/USDT', 1)\n",
        "import ccxt\nx = ccxt.kraken()\ngetattr(x, 'create_order')('BTC/USDT', 1)\n",
        "import asyncio, ccxt\nx = ccxt.okx()\nasyncio.to_thread(x.edit_order, '1', 'A/B')\n",
        SOUND + "Gateway().exchange.create_order('BTC/USDT', 'market', 'buy', 1)\n",
        "from pybit.unified_trading import HTTP\nHTTP().place_order(symbol='BTCUSDT')\n",
    ],
)
def test_a_call_that_passes_the_gateway_by_fails_with_its_place(tmp_path: Path, bot: str) -> None:
    found = asked(tmp_path, SOUND + bot)
    assert found.verdict is Verdict.FAIL, found
    assert "orders pass desk/gateway.py by" in found.detail
    assert "bot.py:" in found.detail


BY_HAND = "BASE = 'https://api.binance.com'\n"
DESK = """
from trading_tools.exchange.desk.opening import open_desk

async def go():
    async with open_desk(None, [], None, None, live=None) as desk:
        await desk.submit(None)
"""


@pytest.mark.parametrize(
    "bot",
    [
        "import requests\nrequests.post('https://fapi.binance.com/fapi/v1/order', {})\n",
        f"import requests\n{BY_HAND}requests.post(BASE + '/api/v3/order', {{}})\n",
        f"import httpx\n{BY_HAND}def go(c: httpx.Client):\n    c.request('POST', f'{{BASE}}/o')\n",
        f"import urllib.request as u\n{BY_HAND}u.urlopen(u.Request(BASE, data=b'x'))\n",
        "import ccxt\nx = ccxt.binance()\nx.private_post_order({'symbol': 'BTCUSDT'})\n",
        DESK,
    ],
)
def test_an_order_that_no_clients_method_sends_fails_outside_the_gateway_and_passes_inside(
    tmp_path: Path, bot: str
) -> None:
    found = asked(tmp_path, SOUND + bot)
    assert (found.verdict, "bot.py:" in found.detail) == (Verdict.FAIL, True), found.detail
    (tmp_path / "inside").mkdir()
    assert asked(tmp_path / "inside", "import desk.gateway\n", gate=bot).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("bot", "said"),
    [
        (f"import os, requests\n{BY_HAND}requests.post(os.environ['URL'])\n", "where does it go?"),
        ("import ccxt\nccxt.okx().request('order', 'private', 'POST')\n", "where does it go?"),
        ("async def go(desk):\n    await desk.submit('A')\n", "whose method is it? desk.submit"),
    ],
)
def test_a_request_whose_end_cannot_be_told_is_no_evidence(
    tmp_path: Path, bot: str, said: str
) -> None:
    found = asked(tmp_path, SOUND + bot)
    assert (found.verdict, said in found.detail) == (Verdict.NO_EVIDENCE, True), found.detail


@pytest.mark.parametrize(
    "bot",
    [
        f"import requests\n{BY_HAND}requests.get(BASE + '/api/v3/klines')\n",
        f"import requests\n{BY_HAND}requests.request('GET', BASE)\n",
        f"import requests\n{BY_HAND}requests.post('https://hooks.example.com/a', json={{}})\n",
        "import os, requests\nrequests.post(os.environ['WEBHOOK'], json={})\n",
        '"""Trades at https://api.binance.com."""\nimport requests\n',
    ],
)
def test_reading_a_venue_and_writing_to_somebody_else_is_no_order(tmp_path: Path, bot: str) -> None:
    found = asked(tmp_path, bot + SOUND)
    assert found.verdict is Verdict.PASS, found.detail


def test_a_helper_that_the_source_does_not_name_is_found_by_its_import(tmp_path: Path) -> None:
    project = GateProject(tmp_path / "bot")
    project.write("gate.py", GATE)
    project.write("helper.py", "import ccxt\nccxt.okx().create_order('A', 'limit', 'buy', 1, 2)\n")
    project.write("bot.py", "import gate\nimport helper\n")
    found = project.ask("G13", bot={"source": ["bot.py"], "gateway": "gate"})
    assert (found.verdict, "helper.py:2" in found.detail) == (Verdict.FAIL, True), found.detail


@pytest.mark.parametrize(
    ("bot", "said"),
    [
        ("def go(thing):\n    thing.create_order('A')\n", "whose method is it? ….create_order"),
        ("def go(thing):\n    f = thing.create_order\n    f('A')\n", "(bot.py:2)"),
        ("NAME = 'create_order'\n", '"create_order" (bot.py:1)'),
        ("def go(:\n", "bot.py is no Python that can be read"),
    ],
)
def test_what_cannot_be_decided_is_no_evidence(tmp_path: Path, bot: str, said: str) -> None:
    found = asked(tmp_path, bot + "\n\nimport desk.gateway\n")
    assert found.verdict is Verdict.NO_EVIDENCE, found
    assert said in found.detail


@pytest.mark.parametrize(
    ("gateway", "gate", "said"),
    [
        (None, GATE, "does not say which module may send orders"),
        ("desk.door", GATE, "desk.door is none of its files"),
        ("desk.gateway", "class Gateway:\n    pass\n", "not even in desk/gateway.py"),
    ],
)
def test_a_gateway_that_is_not_there_or_sends_nothing_is_no_evidence(
    tmp_path: Path, gateway: str | None, gate: str, said: str
) -> None:
    found = asked(tmp_path, SOUND, gateway, gate)
    assert (found.verdict, said in found.detail) == (Verdict.NO_EVIDENCE, True), found.detail


@pytest.mark.parametrize(
    ("bot", "verdict"), [("", Verdict.PASS), ("import test_back\n", Verdict.FAIL)]
)
def test_tests_do_not_go_live_unless_the_bot_imports_them(
    tmp_path: Path, bot: str, verdict: Verdict
) -> None:
    project = GateProject(tmp_path / "bot")
    project.write("gate.py", GATE)
    project.write("test_back.py", "import ccxt\nccxt.okx().create_order('A', 'limit', 'buy', 1)\n")
    project.write("bot.py", f"import gate\n{bot}")
    assert project.ask("G13", bot={"source": ["."], "gateway": "gate"}).verdict is verdict


def test_a_method_of_the_bots_own_is_no_clients(tmp_path: Path) -> None:
    assert asked(tmp_path, SOUND + OWN).verdict is Verdict.PASS
