"""Which agent takes a request, and what kind of job it is."""
