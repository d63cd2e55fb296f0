"""Wire-level venues: exchanges that any client may use unmodified, over HTTP and WebSockets.

`core` is the exchange itself, `market` who trades on it besides the user, and each venue's folder
the wire that its clients speak. No route leads out of this machine.
"""
