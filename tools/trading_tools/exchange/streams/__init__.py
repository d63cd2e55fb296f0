"""Streams that notice when they have gone silent, come back, and say what may have been missed.

`stream` keeps one stream alive, `delivery` hands its items on, `once` lets each through once,
`ccxt_streams` reads from ccxt.pro.
"""
