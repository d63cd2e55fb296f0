"""The sealed process: it loads the user's code and attacks it. It has no part of the door."""
