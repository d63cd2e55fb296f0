"""The exchange itself, without any wire: pure, deterministic, in whole ticks and steps.

Time comes in as an argument, nothing here reads a clock, a file or the network.
"""
