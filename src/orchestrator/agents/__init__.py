"""Agent definitions: reading markdown files, the catalogue of agents, lint."""
