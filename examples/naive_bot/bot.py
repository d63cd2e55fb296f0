"""A naive bot, as many are written: it works on every day on which nothing goes wrong.

Its faults are the usual ones, and meant: a retry decorator around `create_order`, no client order
id, floats, bare excepts, a stream that it waits for without end, nothing at its end.
"""

import asyncio
import os

import ccxt.pro

VENUE = os.environ.get("BOT_VENUE", "binance")
NAME = VENUE.upper().removesuffix("USDM")
SYMBOL = {"binanceusdm": "BTC/USDT:USDT", "kraken": "BTC/USD", "coinbase": "BTC/USD"}.get(
    VENUE, "BTC/USDT"
)
SIZE = 0.0005


def retry(function):
    """Try again until it works: networks fail."""

    async def wrapper(*args):
        while True:
            try:
                return await function(*args)
            except Exception as error:  # noqa: BLE001 - what is shown here
                print("trying again:", type(error).__name__)
                await asyncio.sleep(0.3)

    return wrapper


@retry
async def buy(exchange, price):
    return await exchange.create_order(SYMBOL, "limit", "buy", SIZE, price)


@retry
async def sell(exchange, size, price):
    return await exchange.create_order(SYMBOL, "limit", "sell", size, price)


@retry
async def last_price(exchange):
    ticker = await exchange.watch_ticker(SYMBOL)
    return ticker["last"]


async def main():
    exchange = getattr(ccxt.pro, VENUE)(
        {
            "apiKey": os.environ[f"{NAME}_API_KEY"],
            "secret": os.environ[f"{NAME}_API_SECRET"],
        }
    )
    position = 0.0
    while True:
        try:
            price = await last_price(exchange)
            if position > 0:
                order = await sell(exchange, position, round(price * 0.9997, 2))
            else:
                order = await buy(exchange, round(price * 0.9997, 2))
            print("placed", order["side"], order["price"])
            await asyncio.sleep(1.5)
            order = await exchange.fetch_order(order["id"], SYMBOL)
            if order["status"] == "open":
                await exchange.cancel_order(order["id"], SYMBOL)
            else:
                position += SIZE if order["side"] == "buy" else -position
        except Exception as error:  # noqa: BLE001 - what is shown here
            print("went wrong:", type(error).__name__)


asyncio.run(main())
