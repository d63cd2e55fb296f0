"""Who trades besides the user, what is listed, and what is derived from trades."""
