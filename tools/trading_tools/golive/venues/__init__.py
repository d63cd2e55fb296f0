"""What venues say of a key, their clock and their rules, read for the gate."""
