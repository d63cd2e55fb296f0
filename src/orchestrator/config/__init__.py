"""Configuration: the documented keys, where they come from, and which projects are trusted."""
