"""What venues publish of themselves, with the source and the day of each figure.

The facts are `exchanges.yaml`, their shape is `model`, finding them `book`. What a market takes and
what it costs today is asked of the venue: `market_data`.
"""
