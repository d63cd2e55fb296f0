"""A FIX 4.4 session and an order port over it; needs the extra `fix` (simplefix)."""
