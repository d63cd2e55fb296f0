"""What the model knows of a file: clients, calls, values, retries, handlers."""

from __future__ import annotations

import ast

import pytest

from tests.trading_tools.review.conftest import MakeModule
from trading_tools.review.model.calls import has_client_id
from trading_tools.review.model.libraries import Act
from trading_tools.review.model.module import Module


def _acts(module: Module) -> list[tuple[str, str]]:
    return [(each.method, str(each.act)) for each in module.venue_calls]


@pytest.mark.parametrize(
    ("text", "method", "library"),
    [
        (
            "import ccxt\nx = ccxt.binance()\nx.create_order('A', 'limit', 'buy', 1, 2)",
            "create_order",
            "ccxt",
        ),
        (
            "import ccxt as cx\nx = cx.kraken()\nx.createOrder('A', 'limit', 'buy', 1, 2)",
            "createOrder",
            "ccxt",
        ),
        (
            "import ccxt.pro as p\nx = getattr(p, name)({})\nx.create_order('A')",
            "create_order",
            "ccxt",
        ),
        (
            "from ccxt.async_support import okx\nx = okx()\nx.create_order('A')",
            "create_order",
            "ccxt",
        ),
        (
            "from binance.client import Client\nc = Client(k, s)\nc.order_market_buy(symbol='A')",
            "order_market_buy",
            "python-binance",
        ),
        (
            "from pybit.unified_trading import HTTP\nh = HTTP()\nh.place_order(qty=1)",
            "place_order",
            "pybit",
        ),
        (
            "import krakenex\nk = krakenex.API()\nk.query_private('AddOrder', {})",
            "query_private",
            "kraken",
        ),
        (
            "from ib_async import IB\nib = IB()\nib.placeOrder(contract, order)",
            "placeOrder",
            "ib_async",
        ),
        (
            "from alpaca.trading.client import TradingClient as T\nt = T(k)\nt.submit_order(r)",
            "submit_order",
            "alpaca",
        ),
        (
            """
                from py_clob_client.client import ClobClient
                c = ClobClient(h)
                c.create_order(a)
                c.post_order(s)
            """,
            "post_order",
            "py-clob-client",
        ),
    ],
)
def test_a_submit_is_known_in_each_library(
    module: MakeModule, text: str, method: str, library: str
) -> None:
    made = module(text)
    (call,) = made.acts(Act.SUBMIT)
    assert (call.method, call.library.name if call.library else "") == (method, library)


def test_a_client_is_followed_through_attributes_properties_and_helpers(module: MakeModule) -> None:
    made = module(
        """
        import ccxt

        def connect(name):
            return ccxt.bybit({"name": name})

        class Desk:
            def __init__(self):
                self._client = None
                self.other = connect("b")

            @property
            def client(self):
                if self._client is None:
                    self._client = ccxt.okx()
                return self._client

            def trade(self):
                self.client.create_order("A", "limit", "buy", 1, 2)
                self.other.cancel_order("1")
        """
    )
    assert _acts(made) == [("create_order", "submit"), ("cancel_order", "cancel")]


def test_a_client_is_followed_into_other_files(module: MakeModule) -> None:
    made = module(
        """
        from wires import Gateway
        from settings import make

        def trade(gateway: Gateway):
            gateway.raw.create_order("A", "market", "sell", 1)
            make().fetch_balance()
        """,
        wires="""
            import ccxt.pro
            class Gateway:
                def __init__(self):
                    self.raw = ccxt.pro.kraken()
        """,
        settings="from ccxt import okx\ndef make():\n    return okx()",
    )
    assert _acts(made) == [("create_order", "submit"), ("fetch_balance", "read")]


def test_a_wrapper_of_the_project_is_no_venue_and_its_caller_submits_all_the_same(
    module: MakeModule,
) -> None:
    made = module(
        """
        import ccxt

        class Gateway:
            def __init__(self):
                self.ccxt = ccxt.okx()

            def create_order(self, amount):
                return self.ccxt.create_order("A", "market", "buy", amount)

        class Bot:
            def __init__(self):
                self.exchange = Gateway()

            def step(self):
                self.exchange.create_order(1)
        """
    )
    assert len(list(made.acts(Act.SUBMIT))) == 1
    assert [each.what for each in made.submits] == [
        "ccxt.create_order",
        "self.exchange.create_order",
    ]


def test_names_alone_tell_a_venue_only_together(module: MakeModule) -> None:
    made = module(
        """
        def a(exchange, queue, self):
            exchange.create_order("A", "limit", "buy", 1, 2)
            queue.create_order("A", "limit", "buy", 1, 2)
            exchange.append(1)
        """
    )
    assert [each.certain for each in made.venue_calls] == [False]


def test_a_call_carried_by_a_thread_is_seen_and_blocks_nothing(module: MakeModule) -> None:
    made = module(
        """
        import asyncio, ccxt
        x = ccxt.okx()
        async def go():
            await asyncio.to_thread(x.create_order, "A", "limit", "buy", 1, 2)
        """
    )
    (call,) = made.acts(Act.SUBMIT)
    assert call.carried
    assert ast.unparse(call.arguments["price"]) == "2"


def test_arguments_have_one_name_in_all_libraries(module: MakeModule) -> None:
    made = module(
        """
        from binance import Client
        c = Client()
        order = {"symbol": "A"}
        c.create_order(quantity=1, type="MARKET", side="BUY", **{"price": 2})
        """
    )
    (call,) = made.acts(Act.SUBMIT)
    assert set(call.arguments) == {"amount", "order_type", "side", "price"}


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ("{}", False),
        ("{'clientOrderId': i}", True),
        ("{'newClientOrderId': i}", True),
        ("{'reduceOnly': True}", False),
        ("{**base, 'reduceOnly': True}", None),
        ("dict(clientOrderId=i)", True),
        ("base", None),
        ("None", False),
        ("{NAME: i}", None),
    ],
)
def test_whether_an_order_has_an_id_of_ours_is_yes_no_or_unknown(
    module: MakeModule, params: str, told: bool | None
) -> None:
    made = module(
        f"""
            import ccxt
            x = ccxt.okx()
            def f(base, i):
                x.create_order('A', 'limit', 'buy', 1, 2, {params})
        """
    )
    (call,) = made.acts(Act.SUBMIT)
    assert has_client_id(made, call) is told


def test_an_id_that_is_put_in_later_counts(module: MakeModule) -> None:
    made = module(
        """
        import ccxt
        x = ccxt.okx()
        def f(i):
            params = {}
            params["clientOrderId"] = i
            x.create_order("A", "limit", "buy", 1, 2, params)
        """
    )
    (call,) = made.acts(Act.SUBMIT)
    assert has_client_id(made, call) is True


def test_dotted_names_follow_imports_and_documents_need_none(module: MakeModule) -> None:
    made = module("from datetime import datetime as dt\ndt.utcnow()")
    (call,) = made.calls_of("utcnow")
    assert made.dotted(call.func) == "datetime.datetime.utcnow"
    sketch = module("ccxt.okx().create_order('A')\ndatetime.utcnow()", fragment=True)
    assert [sketch.dotted(each.func) for each in sketch.calls_of("utcnow")] == [
        "datetime.datetime.utcnow"
    ]
    assert _acts(sketch) == [("create_order", "submit")]


def test_a_value_that_goes_round_in_a_circle_ends(module: MakeModule) -> None:
    made = module(
        """
            a = b
            b = a
            class C:
                def f(self):
                    self.x = self.x
                    self.x.g()
            print(a)
        """
    )
    (call,) = made.calls_of("print")
    assert made.constant(call.args[0]) is ...
    assert made.venue_calls == ()


def test_a_constant_is_one_value_and_not_two(module: MakeModule) -> None:
    made = module("A = 3\nB = 1\nif x:\n    B = 2\nprint(A, B, -A, -4)")
    (call,) = made.calls_of("print")
    assert [made.constant(each) for each in call.args] == [3, ..., ..., -4]


def test_modules_that_import_each_other_are_followed(module: MakeModule) -> None:
    made = module(
        "from other import client\nclient.create_order('A', 'limit', 'buy', 1, 2)",
        name="one",
        other="import one\nimport ccxt\nclient = ccxt.okx()",
    )
    assert _acts(made) == [("create_order", "submit")]
