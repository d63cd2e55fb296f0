"""The ledger: append-only, hash-chained events, and the trade audit on top."""
