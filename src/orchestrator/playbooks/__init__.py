"""Playbooks: declared recipes that answer a request without a model. Knows no trading."""
