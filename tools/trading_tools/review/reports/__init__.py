"""How findings are told: text, JSON, SARIF, annotations and Markdown, one form a file."""
