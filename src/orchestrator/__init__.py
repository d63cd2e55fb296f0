"""Orchestrator: a multi-agent harness for trading development. Knows agents, models and runs."""
