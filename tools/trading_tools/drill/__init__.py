"""Sealed drills: a user's bot, unmodified, in a network where the venues' names are ours.

`seal` closes the network, `inside` lives in it, scenarios say what goes wrong, the oracle judges by
the venues' own ledgers.
"""
