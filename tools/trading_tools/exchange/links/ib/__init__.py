"""An order port for Interactive Brokers by TWS or its Gateway; needs the extra `ib` (ib_async)."""
