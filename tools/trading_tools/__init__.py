"""Trading tools: plain typed functions and classes. They know no agent and no model."""
