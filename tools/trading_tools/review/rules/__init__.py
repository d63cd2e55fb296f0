"""The rules, one a file; `trading_tools.review.registry` finds them by their files."""
