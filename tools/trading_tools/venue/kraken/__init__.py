"""The Kraken spot wire: REST and the WebSocket API v2 over the core."""
