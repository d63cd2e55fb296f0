"""The only place that knows both sides: trading tools and kinds of job meet the harness here.

One file a family, registered as plain functions.
"""
