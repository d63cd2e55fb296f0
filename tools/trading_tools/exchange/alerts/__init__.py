"""Alerts to people: told without waiting, delivered in the background, no error of the caller.

`alert` is what is told and the port of those who deliver it, `alarm` takes alerts and hands them
on, `log` and `webhook` deliver, `shapes` are the payloads that services take.
"""
