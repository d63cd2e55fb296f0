"""Kelly, position sizing, drawdown and ruin, all in Decimal."""
