"""Order ports beyond ccxt's `ways`: FIX, Interactive Brokers, Manifold, and further ccxt venues.

The order manager, its guard and its ledger stand above all of them; what they ask of a venue is
`trading_tools.exchange.orders.port`.
"""
