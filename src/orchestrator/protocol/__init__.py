"""The Chain-of-Command handoff: its model, schema, repair and the call stack it moves. No I/O."""
