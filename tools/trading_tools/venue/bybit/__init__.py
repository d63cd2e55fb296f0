"""Bybit's v5 protocol: one account for spot and linear contracts, over REST and WebSockets."""
