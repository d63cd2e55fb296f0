"""The one error of the risk tools."""


class RiskError(ValueError):
    """An input lies outside the model; the message names it, its value and what is allowed."""
