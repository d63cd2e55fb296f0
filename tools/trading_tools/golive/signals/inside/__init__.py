"""What runs in the sealed process: the user's function is loaded and asked here, and judged."""
