"""Sizes that someone claims: what is claimed, what follows from its inputs, what went wrong."""
