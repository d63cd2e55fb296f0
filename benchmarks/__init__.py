"""Benchmarks: what the harness costs beside a bare loop and its peers. `make bench` runs them."""
