"""What rules know of a file: its nodes, names, values, venue calls, retries and exceptions."""
