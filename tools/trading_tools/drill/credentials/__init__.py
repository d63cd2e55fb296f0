"""Drill credentials in the place of real ones: by name, in the environment and in files."""
