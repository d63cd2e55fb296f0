"""How a bot is kept from the world: a network with no way out, and what it sees of the disk."""
