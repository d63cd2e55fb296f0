"""What a component of each kind must keep, one file a kind, and how it is talked to."""
