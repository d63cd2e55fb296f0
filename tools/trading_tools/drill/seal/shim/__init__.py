"""What Python imports at its start in the weaker seal; the folder is on the bot's PYTHONPATH."""
