"""Pacing: how often a venue may be asked, kept by all clients of a key and of a machine together.

`rules` says what a venue allows, `meters` counts it, `slots` is where the counts are kept, `pacer`
lets requests go, `headers` reads what the venue itself says. No request is made here.
"""
