"""Evidence files as people have them: trades and equity curves, read by file, nothing imported."""
