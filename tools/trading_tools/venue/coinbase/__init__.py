"""The wire of Coinbase Advanced Trade: REST and the WebSocket feed over the core."""
