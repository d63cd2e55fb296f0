"""Bytes that no honest client sends: the venue refuses them and lives on."""

from __future__ import annotations

import pytest

from tests.support.kraken_venue import Wire
from trading_tools.venue.kraken.signing import signature


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json", "x/y"])
async def test_garbage_in_a_body_is_refused(wire: Wire, kind: str) -> None:
    bodies = [
        b"\xff\xfe\x00",
        b"{",
        b"[1,2]",
        b'{"nonce": NaN}',
        b"[" * 5_000,
        b"&".join(b"a%d=1" % number for number in range(600)),
        b"nonce=" + b"9" * 400,
        '{"nonce": "٣"}'.encode(),
    ]
    for body in bodies:
        headers = {"Content-Type": kind, "API-Key": wire.venue.credentials.key}
        status, told = await wire.send("POST", "/0/private/AddOrder", body, headers)
        assert (status, bool(told["error"])) == (200, True)
    assert isinstance(await wire.private("Balance"), dict)


async def test_odd_values_under_a_sound_signature_are_refused(wire: Wire) -> None:
    odd = ["", "null", "Infinity", "1" * 400, "0x10", "१", "1e9", "--1", "1.2.3", "\x00", "%00"]
    for name in ("volume", "price", "pair", "userref", "cl_ord_id", "timeinforce", "expiretm"):
        for value in odd:
            told = await wire.order(**{"userref": "1", name: value, "validate": "true"})
            assert isinstance(told, str | dict)
    assert not wire.venue.ledger.of("order.accepted")
    assert "txid" in await wire.order()


async def test_json_of_the_wrong_types_is_refused(wire: Wire) -> None:
    path = "/0/private/AddOrderBatch"
    for number, text in enumerate(
        ['"orders":5', '"orders":[1,2]', '"orders":[{},{}]', '"orders":[[],[]]', '"pair":{}'], 1
    ):
        body = f'{{"nonce":{number},"pair":"XBTUSD",{text}}}'.encode()
        headers = {
            "API-Key": wire.venue.credentials.key,
            "API-Sign": signature(wire.venue.credentials.secret, path, str(number), body),
            "Content-Type": "application/json",
        }
        status, told = await wire.send("POST", path, body, headers)
        assert (status, bool(told["error"])) == (200, True)


async def test_garbage_on_a_socket_is_answered_and_survived(wire: Wire) -> None:
    token = (await wire.private("GetWebSocketsToken"))["token"]
    url = f"{wire.server.base_url}/ws-auth.kraken.com/v2"
    async with wire.session.ws_connect(url) as socket:
        assert (await socket.receive_json())["channel"] == "status"
        for text in (
            "", "{", "[]", "5", '{"method":5}', '{"method":"subscribe","params":[]}',
            '{"method":"subscribe","params":{"channel":5}}', '{"method":"\\u0000"}',
            '{"method":"add_order","params":{"token":5}}', "[" * 5_000,
            f'{{"method":"add_order","params":{{"token":"{token}","order_qty":NaN}}}}',
            f'{{"method":"add_order","params":{{"token":"{token}","order_qty":[1],"symbol":{{}}}}}}',
            f'{{"method":"cancel_order","params":{{"token":"{token}","order_id":"x"}}}}',
            f'{{"method":"batch_add","params":{{"token":"{token}","orders":[[],5]}}}}',
            f'{{"method":"batch_add","params":{{"token":"{token}","symbol":[],"orders":[{{}},{{}}]}}}}',
            f'{{"method":"batch_cancel","params":{{"token":"{token}","orders":{{}}}}}}',
        ):  # fmt: skip
            await socket.send_str(text)
            assert (await socket.receive_json())["success"] is False
        await socket.send_str('{"method":"ping","req_id":9}')
        assert (await socket.receive_json())["method"] == "pong"
