"""Orders of a run: where they go, with whose key, under which guard, what people see of them."""
