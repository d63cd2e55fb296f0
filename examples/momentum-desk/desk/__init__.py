"""A small trading desk: candles, indicators, market rules."""
