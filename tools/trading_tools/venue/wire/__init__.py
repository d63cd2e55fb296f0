"""What all venues' wires share: HTTP and WebSocket on loopback, by the venues' real host names.

What a request means is the venue's own package; what goes wrong on purpose comes in by
`interference`.
"""
