"""The go-live gate: what a bot must show before it touches real money, each with its evidence."""
