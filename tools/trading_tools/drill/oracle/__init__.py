"""What a venue's ledger says of a bot: pure functions from recordings to verdicts.

Nothing here runs a bot or knows a venue's protocol; how verdicts are shown is `drill.reports`.
"""
