"""The process that lives in a drill's network: it serves the venues, runs the bot and reports."""
