"""A signal function, asked in a sealed process with candles cut short, and what that shows."""
