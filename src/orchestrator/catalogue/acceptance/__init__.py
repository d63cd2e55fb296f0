"""What must hold before a run may end, a family of checks a file; `kinds` says which for which."""
