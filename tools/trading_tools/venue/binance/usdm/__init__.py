"""Binance USD-M futures: linear perpetual contracts, margined in USDT."""
