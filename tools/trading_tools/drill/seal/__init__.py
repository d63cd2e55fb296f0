"""How a bot is kept from the world: a network without a way out, and what it sees of the machine."""
