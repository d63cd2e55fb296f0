"""Specialists who review a change: which are asked, what, and what becomes of their answers."""
