"""`golive.toml`: what a bot is, what it may do, and where its evidence lies."""
