"""The gate's verdict for terminals, programs, CI and risk officers."""
