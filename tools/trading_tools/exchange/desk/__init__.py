"""The desk: one account of one venue with all that keeps its orders safe, in a few lines of a bot.

`desk` is what a bot uses, `opening` puts its parts together and takes them apart, `line` is the way
to the venue by REST, `feeds` are its streams. What the parts do is theirs: orders, streams, pacing.
"""
