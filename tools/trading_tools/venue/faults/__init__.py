"""What goes wrong on purpose: declared, seeded, set off by what the bot does.

A fault knows neutral operations, the venue's own words for trouble, and the core: no venue's
protocol. Which faults make a scenario is `trading_tools.drill.scenarios`.
"""
