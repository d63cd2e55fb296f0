"""Whatever is sent to USD-M, signed soundly or not, is answered or refused, and it lives on."""

from __future__ import annotations

import hashlib
import hmac
import json

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.usdm_venue import TWO, UsdmWire, quote, usdm
from tests.support.venues import WAIT_S, Clock
from trading_tools.venue.binance.endpoint import Endpoint, serve
from trading_tools.venue.binance.errors import BinanceError
from trading_tools.venue.binance.usdm.endpoints import REST, SOCKET

NAMES = """
symbol symbols side type timeInForce quantity price newClientOrderId newOrderRespType reduceOnly
positionSide orderId origClientOrderId batchOrders orderIdList limit startTime endTime fromId
leverage marginType amount dualSidePosition algoType triggerPrice workingType closePosition
clientAlgoId algoId interval pair incomeType autoCloseType countdownTime listenKey
""".split()  # noqa: SIM905 - a list of this length is read by words
NASTY = ("", "NaN", "-1", "1e999", "0", "٣", "\x00", "9" * 400, "null", "[]", "%", "a=b", '["a"]')
SOUND = """
BTCUSDT BUY SELL LIMIT MARKET STOP_MARKET TAKE_PROFIT GTC GTX 0.01 60000 55000 true false 1m LONG
BOTH CONDITIONAL ISOLATED 1 2 10 28000001 1028000001 ACK RESULT MARK_PRICE
""".split()  # noqa: SIM905 - a list of this length is read by words
VENUE = usdm(clock=Clock(), market=False, instruments=TWO)
quote(VENUE)


@given(
    st.sampled_from([*REST.values(), *SOCKET.values()]),
    st.dictionaries(
        st.sampled_from(NAMES),
        st.one_of(st.sampled_from([*NASTY, *SOUND, *SOUND]), st.text(max_size=20)),
        max_size=10,
    ),
)
@settings(max_examples=200)
def test_any_parameters_of_any_endpoint_are_answered_or_refused(
    endpoint: Endpoint, sent: dict[str, str]
) -> None:
    values = {"symbol": "BTCUSDT", **sent, "timestamp": str(VENUE.clock())}
    secret = VENUE.credentials.secret.encode()
    values["signature"] = hmac.new(secret, b"all", hashlib.sha256).hexdigest()
    status = 200
    try:
        told = serve(VENUE, endpoint, values, VENUE.credentials.key, "all", VENUE.clock(), 0)
        json.dumps(told)
    except BinanceError as error:
        status = error.status
        json.dumps(error.body())
    assert 200 <= status < 500


SUBSCRIBED = json.dumps({"method": "SUBSCRIBE", "params": ["a" * 64], "id": 2})


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"method":"SUBSCRIBE"}', '{"method":1,"id":"x"}', SUBSCRIBED],
)
@pytest.mark.parametrize("path", ["/ws", "/private/ws?listenKey=nobodys", "/market/stream"])
async def test_any_message_of_a_stream_is_answered(wire: UsdmWire, path: str, text: str) -> None:
    url = f"{wire.server.base_url}/fstream.binance.com{path}"
    async with wire.session.ws_connect(url) as socket:
        await socket.send_str(text)
        told = json.loads((await socket.receive(WAIT_S)).data)
    assert "error" in told or told["result"] is None
    assert (await wire.send("GET", "/fapi/v1/ping"))[0] == 200


async def test_an_eleventh_message_in_a_second_ends_the_connection(wire: UsdmWire) -> None:
    url = f"{wire.server.base_url}/fstream.binance.com/ws"
    async with wire.session.ws_connect(url) as socket:
        for number in range(40):
            if not socket.closed:
                await socket.send_json({"method": "LIST_SUBSCRIPTIONS", "id": number})
        while (await socket.receive(WAIT_S)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert socket.close_code == 1008
