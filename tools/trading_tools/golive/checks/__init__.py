"""The checks, a family a file. A module here is found by its `CHECKS`; nothing lists it."""
