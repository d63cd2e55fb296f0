"""Who runs the chain: one module a contender, each with `prepare`, see `benchmarks.worker`."""
