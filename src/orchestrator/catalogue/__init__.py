"""The only place that knows both sides: trading tools and kinds of job, registered with the harness."""
