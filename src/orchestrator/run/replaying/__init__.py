"""A recorded run decided again: the same engine against the recorded replies and outcomes."""
