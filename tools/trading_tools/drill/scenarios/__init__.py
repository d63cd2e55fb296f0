"""The disasters of real venues as named scenarios: what happened, what is played, what must hold.

How a fault is played is `trading_tools.venue.faults`; whether a bot lived through it is for the
oracle to say.
"""
