"""The command line: thin; one file a family of commands."""
