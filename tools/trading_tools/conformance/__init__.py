"""Property checks of a user's own component: limiter, breaker, sizing, back-off, order guard.

The door is `check`. The user's code runs in a process of its own (`inside`), under a virtual clock.
"""
