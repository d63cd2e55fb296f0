"""A run as a fold over its events: engine, limits, acceptance, approvals."""
