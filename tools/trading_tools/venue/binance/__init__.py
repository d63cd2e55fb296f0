"""The Binance spot wire: REST, market streams and the WebSocket API over the core."""
