"""A function becomes a tool: schema, effect, permission, receipt."""
